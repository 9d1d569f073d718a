# chapters/02_cuda/gpu_trace.cu 02_cuda_test CudaTest.ATraceHoldsNobodyUp
s/ || guard_trace_region_begin() == 0) return host_began_;/) return host_began_;/
