# chapters/09_tensor_parallel/bench.cpp 09_tensor_parallel_wide_test Bench.NeedsACore*
s/fixed_of(of_width(w)), mpi.node_size())/fixed_of(of_width(w)), mpi.size())/
