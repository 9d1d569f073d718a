# chapters/09_tensor_parallel/tensor_parallel.cpp 09_tensor_parallel_test Gradients.*
s|  sum(\(mlp_.activation_gradient.*\));|  sum(\1), sum(\1);|
