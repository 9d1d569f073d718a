# common/cuda_on_cpu/copy.cpp cuda_on_cpu_test Cuda.ARefusal*
s/check_side(call, "source", from/check_side(call, "destination", from/
