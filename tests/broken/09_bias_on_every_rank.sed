# chapters/09_tensor_parallel/tensor_parallel.cpp 09_tensor_parallel_test Training.StaysWithin*
s|  sum(y, size_t(rows) \* size_t(layer.out));|  device_.add_bias(y, mlp_.parameters(l) + layer.w.size(), Activation::none, rows, layer.out), sum(y, size_t(rows) * size_t(layer.out));|
