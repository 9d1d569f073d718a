# chapters/03_fast_kernels/bench.cpp 03_fast_kernels_programs_test BenchTest.ProductsAre*
/^std::vector<Row> time_steps/,/^Row time_cublas/s|^  device.set_matmul(fast::matmul_three_shapes);|  ;|
