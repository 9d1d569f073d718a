# chapters/05_collectives/peer_mailbox.cu 05_collectives_peer_test *InALine*
s/their_n_ = of\[size_t(to_)\].n;/their_n_ = n_;/
