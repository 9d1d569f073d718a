# common/cuda_on_cpu/kernel.cpp cuda_on_cpu_test Cuda/Correct.IsSilent/between_processes
s/^thread_local const LaunchedKernel\* kernel_now/const LaunchedKernel* kernel_now/
