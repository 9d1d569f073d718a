# chapters/02_cuda/cuda_device.cu 02_cuda_test CudaTest.ViewsMust*
s/"a copy was ended that had not begun"/"a copy of this range was begun twice"/
