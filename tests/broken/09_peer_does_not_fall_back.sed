# chapters/09_tensor_parallel/tensor_between_gpus.cpp 09_tensor_parallel_gpus_test BetweenGpus.WhereOne*
s/^  if (!opened) between_ = {};/  if (!opened) throw exchange;/
