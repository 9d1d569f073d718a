# chapters/09_tensor_parallel/bench.cpp 09_tensor_parallel_wide_test Bench.NeedsACore*
s/verdict(cell.lost, mpi.node_size()) == Verdict::quiet; };/verdict(cell.lost, mpi.size()) == Verdict::quiet; };/
