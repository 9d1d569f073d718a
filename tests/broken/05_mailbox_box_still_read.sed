# chapters/05_collectives/peer_mailbox.cu 05_collectives_peer_test *StillRead*
s|    CUDA_CHECK(cudaStreamWaitEvent(stream_, their_empty_\[box\], 0));||
