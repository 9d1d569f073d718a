# chapters/05_collectives/peer_mailbox.cu check/05_collectives_peer_test PeerMailboxTest.CountsAndWaits*
s|  CUDA_CHECK(cudaStreamWaitEvent(device_.stream(), their_full_\[box\], 0));||
