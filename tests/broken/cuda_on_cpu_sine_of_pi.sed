# common/cuda_on_cpu/include/cuda_on_cpu/math.h cuda_on_cpu_test Cuda/Correct.*/overloads
s/if (std::fabs(turn) > 0.5) turn = .*/;/
