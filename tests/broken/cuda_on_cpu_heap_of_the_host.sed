# common/cuda_on_cpu/memory.cpp cuda_on_cpu_test Cuda/Textbook.*/new_and_virtual
s/if (pointer && on_device())/if (pointer \&\& !on_device())/
