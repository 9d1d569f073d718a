# chapters/05_collectives/peer_window.cu 05_collectives_peer_test GpuCollectivesTest.*
s|CUDA_CHECK(cudaStreamWaitEvent(stream_, issued_, 0));||
