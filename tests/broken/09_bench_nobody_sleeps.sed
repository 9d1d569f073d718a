# chapters/09_tensor_parallel/bench.cpp 09_tensor_parallel_measuring_test Bench.Gives*
s/^  sleep_until_all_are_here(MPI_COMM_WORLD);$/  ;/
