# common/cuda_on_cpu/ipc.cpp cuda_on_cpu_test Cuda/Correct.IsSilent/many_exports
s/slots\[1 << 16\]/slots[2000]/
