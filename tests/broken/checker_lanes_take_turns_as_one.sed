# common/cuda_on_cpu/check/traffic.cpp cuda_on_cpu_test Cuda.TheCheckerCounts*
s/requests.turns\[lane\]++/requests.turns[0 * lane]++/
