# common/cuda_on_cpu/warp.cpp cuda_on_cpu_test Cuda/Correct.*votes
s/^    if (need_all \&\& same != group.arrived) same = 0;/    (void)need_all;/
