# chapters/02_cuda/gpu_trace.cu 02_cuda_test CudaTest.ATrace*
s/int64_t(1e6 \* double(milliseconds))/int64_t(1e3 * double(milliseconds))/
