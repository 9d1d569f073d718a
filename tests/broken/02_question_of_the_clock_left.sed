# chapters/02_cuda/gpu_clock.cu 02_cuda_test CudaTest.AClock*
s|^      cudaGetLastError();  // it was none.*||
