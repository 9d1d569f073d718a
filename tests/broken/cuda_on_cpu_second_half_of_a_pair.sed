# common/cuda_on_cpu/include/cuda_fp16.h cuda_on_cpu_test Cuda/Correct.*/overloads
s/inline __half __high2half(__half2 v) { return v.y; }/inline __half __high2half(__half2 v) { return v.x; }/
