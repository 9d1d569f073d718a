# common/cuda_on_cpu/warp.cpp cuda_on_cpu_test Cuda/Bug.*/deadlock
s/group.mask & ~group.arrived & ~finished(number),/group.arrived,/
