# common/cuda_on_cpu/kernel.cpp cuda_on_cpu_test Cuda/Bug.*/host_faults
s/^  if (in_arena(info->si_addr)) finding(.*/  if (in_arena(info->si_addr)) {}/
