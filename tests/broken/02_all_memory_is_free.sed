# chapters/02_cuda/cuda_device.cu 02_cuda_test CudaTest.MemoryThat*
s|cudaMemGetInfo(&free_bytes, &all)|cudaMemGetInfo(\&all, \&free_bytes)|
