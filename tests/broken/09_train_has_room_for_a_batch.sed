# chapters/09_tensor_parallel/train.cpp 09_tensor_parallel_costs_test Train.*
s|{.rows = o.largest_micro_batch()}|{.rows = int(o.batch)}|
