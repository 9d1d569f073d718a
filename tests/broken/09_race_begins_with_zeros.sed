# chapters/09_tensor_parallel/contenders.cpp 09_tensor_parallel_measuring_test Bench.Lets*
s/^  initialize(weights.data(), layout_, 1);/  ;/
