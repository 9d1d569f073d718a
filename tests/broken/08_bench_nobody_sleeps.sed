# chapters/08_layer_splitting/bench.cpp 08_layer_splitting_measuring_test Bench.Prints*
s/^  sleep_until_all_are_here(MPI_COMM_WORLD);$/  ;/
