# chapters/05_collectives/peer_mailbox.cu 05_collectives_peer_test PeerMailboxTest.*
s/box = counted_.sent % boxes/box = 0/
