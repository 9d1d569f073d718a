# common/cuda_on_cpu/kernel.cpp cuda_on_cpu_test Cuda/*/host_pointer
s/arguments\[i\].position, kind/i + 1, kind/
