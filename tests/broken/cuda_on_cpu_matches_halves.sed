# common/cuda_on_cpu/warp.cpp cuda_on_cpu_test Cuda/Correct.*votes
s/static_cast<size_t>(group.lanes\[lane\]->bytes)) == 0)/4) == 0)/
