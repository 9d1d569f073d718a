# chapters/09_tensor_parallel/tensor_parallel.cpp 09_tensor_parallel_test WaitsForGpu.*
s/^  device_.end_copy_in(p, n);/&\n  device_.synchronize();/
