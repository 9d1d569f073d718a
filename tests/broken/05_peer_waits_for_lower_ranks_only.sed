# chapters/05_collectives/peer_window.cu 05_collectives_peer_test GpuCollectivesTest.*
s/if (rank != rank_) CUDA_CHECK(cudaStreamWaitEvent/if (rank < rank_) CUDA_CHECK(cudaStreamWaitEvent/
