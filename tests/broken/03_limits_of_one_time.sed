# chapters/03_fast_kernels/bench.cpp 03_fast_kernels_programs_test BenchTest.Limits*
s/1e-9 \* 8.0 \* double(n) \/ copying/1e-9 * 8.0 * double(n) \/ multiplying/
