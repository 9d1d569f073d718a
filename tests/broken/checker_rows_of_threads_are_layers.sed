# common/cuda_on_cpu/check/races.cpp cuda_on_cpu_test Cuda/Bug.IsFound/race_in_three_dimensions
s,number / block.x % block.y,number / block.x % block.z,
