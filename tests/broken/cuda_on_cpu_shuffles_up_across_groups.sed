# common/cuda_on_cpu/include/cuda_on_cpu/threads.h cuda_on_cpu_test Cuda/Correct.*votes
s/from < (lane \& ~(width - 1)) ? lane : from/from < 0 ? lane : from/
