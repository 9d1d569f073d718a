# chapters/09_tensor_parallel/tensor_parallel.cpp 09_tensor_parallel_test OnCuda.Training
s|on_host(device_.host_view(p, n))|on_host(p)|
