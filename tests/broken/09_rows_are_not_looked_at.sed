# chapters/09_tensor_parallel/tensor_parallel.cpp 09_tensor_parallel_costs_test Mistakes.*
s/: cut == Range{size_t(w.first_row), size_t(w.first_row + w.rows)};/: cut.size() < SIZE_MAX;/
