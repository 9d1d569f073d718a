# chapters/09_tensor_parallel/bench.cpp 09_tensor_parallel_measuring_test Bench.Predicts*
s/return verdict(cell\.lost, mpi\.node_size()) == Verdict::quiet; };/return verdict(cell.lost, mpi.node_size()) != Verdict::quiet; };/
