# chapters/05_collectives/gpu_collectives.cpp 09_tensor_parallel_gpus_test BetweenGpus.WhereOne*
s/^      tell(way_between_gpus(peer));/      ;/
