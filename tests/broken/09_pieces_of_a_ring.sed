# chapters/09_tensor_parallel/tensor_parallel.cpp 09_tensor_parallel_test WaitsForGpu.*
s/ \&\& !allreduce_.order_depends_on_position;/;/
