# common/cuda_on_cpu/check/races.cpp cuda_on_cpu_test Cuda/*/lockstep_behind_a_syncwarp
s/ ++warp.knows\[lane\]\[lane\];/ ;/
