# chapters/03_fast_kernels/fast_cuda_device.cu 03_fast_kernels_pool_test *AnEventEnds*
s/    CUDA_CHECK(cudaEventDestroy(staging.taken));//
