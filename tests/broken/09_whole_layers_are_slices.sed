# chapters/09_tensor_parallel/tensor_parallel.cpp 09_tensor_parallel_costs_test Mistakes.*
s/layer.split == Split::none ? ranks_ == 1/layer.split == Split::none ? ranks_ > 0/
