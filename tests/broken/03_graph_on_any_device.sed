# chapters/03_fast_kernels/step_graph.cu 03_fast_kernels_test FastTest.OnChapter02sDevice*
s/dynamic_cast<const FastCudaDevice/dynamic_cast<const CudaDevice/
