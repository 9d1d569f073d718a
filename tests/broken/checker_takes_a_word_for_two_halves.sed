# common/cuda_on_cpu/check/races.cpp cuda_on_cpu_test Cuda/Bug.IsFound/more_than_a_library_wrote
s/if (missing >> byte & 1 \&\& (/if ((/
