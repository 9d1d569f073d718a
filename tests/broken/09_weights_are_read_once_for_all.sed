# chapters/09_tensor_parallel/crossover.cpp 09_tensor_parallel_costs_test Crossover.Knows*
s/ + s.fixed + model.data_exchange()/ + s.fixed \/ model.ranks + model.data_exchange()/
