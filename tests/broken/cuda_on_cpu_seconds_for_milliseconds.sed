# common/cuda_on_cpu/stream.cpp cuda_on_cpu_test Cuda/Correct.*errors
s/double(nanoseconds_now()) \* 1e-6/double(nanoseconds_now()) * 1e-9/
