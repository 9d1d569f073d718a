# chapters/03_fast_kernels/fast_cuda_device.cu 03_fast_kernels_pool_test *
s/^  CUDA_CHECK(cudaEventSynchronize(block.freed));//
