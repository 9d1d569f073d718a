# common/cuda_on_cpu/check/races.cpp cuda_on_cpu_test Cuda/*/race_after_many_syncwarps
s/if (warp.knows.*UINT16_MAX) ++warp/++warp/
