# common/cuda_on_cpu/kernel.cpp cuda_on_cpu_test Cuda/Correct.IsSilent/bytes
s,^  return end - (bytes + alignment - 1) / alignment \* alignment;,  return end - bytes;,
