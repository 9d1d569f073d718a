# chapters/02_cuda/matmul.cu 02_cuda_test CudaTest.ProductsOfIntegers*
s/if (row >= m || column >= n) return;/if (row >= m) return;/
