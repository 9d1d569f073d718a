# chapters/09_tensor_parallel/equal_copies.cpp 09_tensor_parallel_costs_test Copies.*
s/copies.insert(copies.end(), bias.begin(), bias.end());/copies.assign(bias.begin(), bias.end());/
