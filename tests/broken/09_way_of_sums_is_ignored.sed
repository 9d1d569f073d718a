# chapters/09_tensor_parallel/train.cpp 09_tensor_parallel_costs_test Train.SumsIn*
s/TensorParallel tensor(mlp, o.allreduce,/TensorParallel tensor(mlp, "rank-order",/
