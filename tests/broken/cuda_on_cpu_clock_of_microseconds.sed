# common/cuda_on_cpu/include/cuda_on_cpu/math.h cuda_on_cpu_test Cuda/Correct.*/overloads
s/now.tv_sec \* 1000000000LL + now.tv_nsec;/now.tv_sec * 1000000LL + now.tv_nsec \/ 1000;/
