# chapters/05_collectives/peer_window.cu 05_collectives_peer_test GpuCollectivesTest.*
s|CUDA_CHECK(cudaStreamWaitEvent(device_.stream(), finished_, 0));||
