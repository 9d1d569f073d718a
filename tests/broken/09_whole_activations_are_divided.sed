# chapters/09_tensor_parallel/crossover.cpp 09_tensor_parallel_costs_test Crossover.Knows*
s/ + (1 - part) \* model.whole(rows);/;/
