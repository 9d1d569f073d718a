# chapters/09_tensor_parallel/bench.cpp 09_tensor_parallel_wide_test Bench.NeedsACore*
s/v = verdict(cell.lost, mpi.node_size());/v = verdict(cell.lost, mpi.size());/
