# common/cuda_on_cpu/check/processes.cpp cuda_on_cpu_test Cuda/Correct.IsSilent/ordered_processes
s/other->process != mine.process \&\& //
