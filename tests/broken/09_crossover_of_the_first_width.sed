# chapters/09_tensor_parallel/bench.cpp 09_tensor_parallel_wide_test Bench.PrintsAll*
s/{network(int(c.widths\[w\])), mpi.size(), machine}/{network(int(c.widths[0])), mpi.size(), machine}/
