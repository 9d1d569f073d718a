# chapters/01_serial/layout.cpp 09_tensor_parallel_test Slices.OfAllRanks*
s|w.global_element(r, c));|size_t(r) * size_t(w.whole_columns) + size_t(c));|
