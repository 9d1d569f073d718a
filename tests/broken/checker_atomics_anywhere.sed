# common/cuda_on_cpu/check/races.cpp cuda_on_cpu_test Cuda/*/misaligned_atomic
s/bool misaligned = need_alignment \&\& /bool misaligned = false \&\& /
