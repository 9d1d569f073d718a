# chapters/05_collectives/peer_window.cu 05_collectives_peer_test *TwoGroups*
s|barrier_dissemination(comm_);  // nobody has open.*||
