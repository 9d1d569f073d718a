# chapters/09_tensor_parallel/tensor_parallel.cpp 09_tensor_parallel_test OnCuda.Training*:Training.WhereEverything*
s|allreduce_.function(view.floats(), view.floats(), size, comm_)|allreduce_.function(p, p, size, comm_)|
