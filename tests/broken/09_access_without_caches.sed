# chapters/09_tensor_parallel/contenders.cpp 09_tensor_parallel_costs_test Contenders.*
s|^  device_.relu_backward(dy, y, n);  // caches||
