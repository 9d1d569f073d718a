# chapters/09_tensor_parallel/split_evaluation.cpp 09_tensor_parallel_costs_test Guesses.*
s|first_class + int(largest - outputs)|int(largest - outputs)|
