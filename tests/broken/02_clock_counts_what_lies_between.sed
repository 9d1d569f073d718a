# chapters/02_cuda/gpu_clock.cu 02_cuda_test CudaTest.AClock*
s/(&milliseconds, first.begin,/(\&milliseconds, (read_.empty() ? first : read_.back()).begin,/
