# chapters/09_tensor_parallel/tensor_parallel.cpp 09_tensor_parallel_test RangesOfLayers.*
s/l > 0 || mlp_.space().input_gradient/l > 0/
