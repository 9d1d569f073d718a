# chapters/05_collectives/peer_window.cu 05_collectives_peer_test GpuCollectivesTest.*
s|^  CUDA_CHECK(cudaMemcpyAsync(data, vector,.*|  device_.copy(data, vector, count);|
