# common/cuda_on_cpu/stream.cpp cuda_on_cpu_test Cuda/Correct.*errors
s/now.tv_sec \* 1e3 + now.tv_nsec \* 1e-6/now.tv_sec + now.tv_nsec * 1e-9/
