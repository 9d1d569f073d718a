# common/cuda_on_cpu/include/cuda_on_cpu/atomics.h cuda_on_cpu_test Cuda/Correct.*/atomics
s/old >= value ? 0 : old + 1/old == value ? 0 : old + 1/
