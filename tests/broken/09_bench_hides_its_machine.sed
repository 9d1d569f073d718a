# chapters/09_tensor_parallel/bench.cpp 09_tensor_parallel_wide_test Bench.PrintsAll*
s/std::printf("%s.n", machine_name().c_str());/;/
