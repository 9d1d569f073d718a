# chapters/09_tensor_parallel/tensor_parallel.cpp 09_tensor_parallel_test OnCuda.Training
s|combine(device_.host_view(p, n))|combine(p)|
