# chapters/05_collectives/peer_mailbox.cu check/05_collectives_peer_test PeerMailboxTest.CountsAndWaits*
s|    CUDA_CHECK(cudaStreamWaitEvent(stream_, their_empty_\[box\], 0));||
