# chapters/05_collectives/peer_mailbox.cu 05_collectives_peer_test PeerMailboxTest.*
s/their_empty_\[i\], of\[size_t(to_)\].empty\[i\]/their_empty_[i], of[size_t(to_)].full[i]/
