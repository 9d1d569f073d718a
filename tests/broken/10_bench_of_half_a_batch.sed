# chapters/10_hybrid/bench.cpp 10_hybrid_measuring_test Bench.Prints*
s|random_dataset(784, size_t(batch))|random_dataset(784, size_t(batch) / 2)|
