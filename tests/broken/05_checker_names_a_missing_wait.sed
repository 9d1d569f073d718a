# chapters/05_collectives/peer_window.cu check/05_collectives_peer_test PeerWindowTest.BytesAndTokens*
s/if (rank != rank_) CUDA_CHECK(cudaStreamWaitEvent/if (rank < rank_) CUDA_CHECK(cudaStreamWaitEvent/
