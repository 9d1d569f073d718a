# chapters/02_cuda/cuda_device.cu 02_cuda_test CudaTest.ViewsAndCopies*
s|CUDA_CHECK(cudaEventSynchronize(copied));||
