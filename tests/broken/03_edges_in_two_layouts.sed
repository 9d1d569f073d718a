# chapters/03_fast_kernels/shapes.h 03_fast_kernels_programs_test BenchTest.TheCheckOfKernels*
s/m, n, k, t == 1, t == 2});/m, n, k, t == 1, t == 1});/
