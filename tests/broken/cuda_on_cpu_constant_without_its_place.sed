# common/cuda_on_cpu/check/races.cpp cuda_on_cpu_test Cuda/Bug.*/write_to_constant
/__constant__ memory/s/ + what + describe_target(target, address); break;/ + what; break;/
