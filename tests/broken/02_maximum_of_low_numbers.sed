# chapters/02_cuda/softmax.cu 02_cuda_test CudaTest.Softmax
s/float mine = -INFINITY;/float mine = 0;/
