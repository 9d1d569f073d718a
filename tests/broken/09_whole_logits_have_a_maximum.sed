# chapters/09_tensor_parallel/crossover.cpp 09_tensor_parallel_costs_test Crossover.*
s/split_classes \&\& i + 1 == f.sums.size()/(split_classes || i > 0) \&\& i + 1 == f.sums.size()/
