# chapters/05_collectives/peer_window.cu 05_collectives_peer_test PeerWindowTest.WindowsAndMailboxesEnd*
s|CUDA_CHECK(cudaStreamDestroy(stream_));||
