# chapters/09_tensor_parallel/tensor_parallel.cpp 09_tensor_parallel_test Training.OnCuda
s|combine(device_.host_view(p, n))|combine(p)|
