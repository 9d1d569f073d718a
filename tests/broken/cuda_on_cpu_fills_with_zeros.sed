# common/cuda_on_cpu/copy.cpp cuda_on_cpu_test Cuda/*/copies
s/std::memset(pointer, value, bytes);/std::memset(pointer, 0 * value, bytes);/
