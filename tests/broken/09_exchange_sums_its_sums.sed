# chapters/09_tensor_parallel/contenders.cpp 09_tensor_parallel_wide_test Bench.SumsThe*
s/^    device_.fill(p, 0.5f, n);.*//
