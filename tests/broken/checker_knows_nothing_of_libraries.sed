# common/cuda_on_cpu/check/races.cpp cuda_on_cpu_test Cuda/Correct.IsSilent/written_by_a_library
s/if (missing >> byte & 1 \&\& /if (false \&\& /
