# common/cuda_on_cpu/include/mma.h cuda_on_cpu_test Cuda/Bug.IsFound/wmma_stride
s/if (stride \* sizeof(T) % 16 != 0)/if (stride % 16 != 0)/
