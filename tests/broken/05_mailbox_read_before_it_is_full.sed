# chapters/05_collectives/peer_mailbox.cu 05_collectives_peer_test *InOrder
s|  CUDA_CHECK(cudaStreamWaitEvent(device_.stream(), their_full_\[box\], 0));||
