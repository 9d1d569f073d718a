# chapters/09_tensor_parallel/slices.cpp 09_tensor_parallel_test Slices.*
s|there.offset + here.global_element(r, 0)|there.offset + size_t(here.first_row + r) * size_t(there.columns)|
