# chapters/03_fast_kernels/step_graph.cu 03_fast_kernels_pool_test FastTest.GraphsEnd*
s|^  for (const auto& graph : graphs_) CUDA_CHECK(cudaGraphExecDestroy(graph.second));||
