# chapters/05_collectives/peer_mailbox.cu 05_collectives_peer_test PeerMailboxTest.*
s|    take_token(to_, empty_tag);||
