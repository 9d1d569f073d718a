# chapters/02_cuda/gpu_trace.cu 02_cuda_test CudaTest.ATrace*
s|^      cudaGetLastError();  // it was none.*||
