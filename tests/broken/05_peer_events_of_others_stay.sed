# chapters/05_collectives/peer_window.cu 05_collectives_peer_test PeerWindowTest.WindowsAndMailboxesEnd*
s|if (reached\[size_t(rank)\]) CUDA_CHECK(cudaEventDestroy(reached\[size_t(rank)\]));|(void)reached;|
