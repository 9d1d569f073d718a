# chapters/02_cuda/gpu_clock.h 02_cuda_test CudaTest.AClockAndATrace*
s|double seconds_ = 0;|double seconds_;|
