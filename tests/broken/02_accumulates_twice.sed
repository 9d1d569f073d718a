# chapters/02_cuda/matmul.cu 02_cuda_test CudaTest.Elements*
s|element + sum : sum|2 * element + sum : sum|
