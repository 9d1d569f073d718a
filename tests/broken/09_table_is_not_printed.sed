# chapters/09_tensor_parallel/bench.cpp 09_tensor_parallel_wide_test Bench.PrintsAll*
s/^  print_table(all);/  ;/
