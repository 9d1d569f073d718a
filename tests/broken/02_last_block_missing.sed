# chapters/02_cuda/kernels.h 02_cuda_test CudaTest.Vectors*
s|(n + size - 1) / size|n / size|
