# chapters/09_tensor_parallel/tensor_between_gpus.cpp 09_tensor_parallel_gpus_test BetweenGpus.Costs*
s/^    window_->allreduce_of(p, n, combine);/&\n    window_->wait();/
