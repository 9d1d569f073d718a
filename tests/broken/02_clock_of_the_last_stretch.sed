# chapters/02_cuda/gpu_clock.cu 02_cuda_test CudaTest.AClock*
s/seconds_ += 1e-3/seconds_ = 1e-3/
