# chapters/05_collectives/peer_mailbox.cu 05_collectives_peer_test PeerWindowTest.WindowsAndMailboxesEnd*
s|CUDA_CHECK(cudaEventDestroy(issued_));||
