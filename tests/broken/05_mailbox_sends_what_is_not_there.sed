# chapters/05_collectives/peer_mailbox.cu 05_collectives_peer_test PeerMailboxTest.*
s|  CUDA_CHECK(cudaStreamWaitEvent(stream_, issued_, 0));||
