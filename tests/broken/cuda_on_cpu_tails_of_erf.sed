# common/cuda_on_cpu/include/cuda_on_cpu/math.h cuda_on_cpu_test Cuda/Correct.*/overloads
s/double excess = std::fabs(z) < 0.5 ?/double excess = std::fabs(z) < 1.0 ?/
