# chapters/09_tensor_parallel/crossover.cpp 09_tensor_parallel_costs_test Crossover.IsPredicted*
s/tensor_step(model, s, rows) < data_step(model, s, rows)/tensor_step(model, s, rows) <= data_step(model, s, rows)/
