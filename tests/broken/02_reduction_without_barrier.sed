# chapters/02_cuda/softmax.cu 02_cuda_test CudaTest.Softmax
s|__syncthreads();  // outside of the `if`.*||
