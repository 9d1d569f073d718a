# chapters/09_tensor_parallel/bench.cpp 09_tensor_parallel_wide_test *WideLayers
s/print_speedup("tensor parallel", cell.serial, limit, cell.tensor)/print_speedup("tensor parallel", cell.serial, limit, cell.data)/
