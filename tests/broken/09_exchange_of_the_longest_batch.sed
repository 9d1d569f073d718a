# chapters/09_tensor_parallel/contenders.cpp 09_tensor_parallel_measuring_test Bench.Lets*
s/{.rows = int(rows)}, 0);/{.rows = int(data_.count + 0 * rows)}, 0);/
