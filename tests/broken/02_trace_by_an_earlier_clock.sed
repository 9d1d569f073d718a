# chapters/02_cuda/gpu_trace.cu 02_cuda_test CudaTest.ATraceHoldsNobodyUp
s|CUDA_CHECK(cudaEventSynchronize(began_));|host_began_ = guard_trace_region_begin(), cudaEventSynchronize(began_); return true;|
