# common/cuda_on_cpu/check/processes.cpp cuda_on_cpu_test Cuda/Bug.*race_between_processes
s/(writes ? \*seen : /(writes ? seen[1] : /
