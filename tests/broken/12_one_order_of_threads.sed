# chapters/02_cuda/softmax.cu 12_programs_test *GoFromGpuToGpu*
s|__syncthreads();  // outside of the `if`.*||
