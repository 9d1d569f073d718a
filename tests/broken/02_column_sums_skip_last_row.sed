# chapters/02_cuda/bias.cu 02_cuda_test CudaTest.BiasActivation*
s|row < rows; ++row) sum|row + 1 < rows; ++row) sum|
