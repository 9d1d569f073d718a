# common/cuda_on_cpu/check/traffic.cpp cuda_on_cpu_test Cuda.TheCheckerCounts*
s/ && kind != Target::device_variable) return;/) return;/
