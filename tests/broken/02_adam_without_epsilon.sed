# chapters/02_cuda/optimizers.cu 02_cuda_test CudaTest.VectorsAndOptimizers
s/+ epsilon)/+ 0 * epsilon)/
