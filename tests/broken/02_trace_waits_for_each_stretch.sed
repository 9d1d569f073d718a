# chapters/02_cuda/gpu_trace.cu 02_cuda_test CudaTest.ATraceHoldsNobodyUp
s/^  read(false);/  read(true);/
