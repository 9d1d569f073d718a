# chapters/09_tensor_parallel/contenders.cpp 09_tensor_parallel_measuring_test Bench.Lets*
s|{.learning_rate = 0.01}|{.learning_rate = 0.02}|
