# chapters/12_restart/bench.cpp 12_restart_measuring_test Bench.Prints*
s/random_dataset(784, size_t(batch))/random_dataset(784, 1)/
