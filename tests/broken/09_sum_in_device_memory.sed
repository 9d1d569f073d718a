# chapters/09_tensor_parallel/tensor_parallel.cpp 09_tensor_parallel_test OnCuda.Training
s|allreduce_.function(view.floats(), view.floats(), n, comm_)|allreduce_.function(p, p, n, comm_)|
