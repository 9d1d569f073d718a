# chapters/05_collectives/peer_mailbox.cu 05_collectives_peer_test PeerMailboxTest.*
s|  barrier_dissemination(comm_);  // nobody has open.*||
