# chapters/09_tensor_parallel/tensor_parallel.cpp 09_tensor_parallel_test Gradients.*
s|begin_sum(\(mlp_.activation_gradient.*\));|begin_sum(\1), end_sum(), begin_sum(\1);|
