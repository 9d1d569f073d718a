# chapters/03_fast_kernels/step_graph.cu 03_fast_kernels_pool_test FastTest.GraphsEnd*
s|^  CUDA_CHECK(cudaGraphDestroy(graph));||
