# common/cuda_on_cpu/copy.cpp cuda_on_cpu_test Cuda/*/errors
s/^ *copy.from_pitch \* (copy.height - 1) + copy.width, kind, source);/copy.to_pitch * (copy.height - 1) + copy.width, kind, source);/
