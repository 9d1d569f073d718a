# chapters/02_cuda/gpu_trace.cu 02_cuda_test CudaTest.ATrace*
s|^  if (began_) CUDA_CHECK(cudaEventDestroy(began_));||
