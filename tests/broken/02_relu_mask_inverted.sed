# chapters/02_cuda/vectors.cu 02_cuda_test CudaTest.ReluMask
s/dy\[i\] = y\[i\] > 0/dy[i] = y[i] <= 0/
