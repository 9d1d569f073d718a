# chapters/03_fast_kernels/bench.cpp 03_fast_kernels_programs_test BenchTest.AReport*
/^void report_products/,/^void report_limits/s|^  device.set_matmul(fast::matmul_three_shapes);|  ;|
