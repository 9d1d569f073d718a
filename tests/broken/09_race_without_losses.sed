# chapters/09_tensor_parallel/contenders.cpp 09_tensor_parallel_measuring_test Bench.LetsThree*
s/^  loss_ = head.loss(mlp_, batch_rows);//
