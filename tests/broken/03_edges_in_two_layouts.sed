# chapters/03_fast_kernels/shapes.h 03_fast_kernels_check_test CheckTest.TheCheckOfKernels*
s/m, n, k, t == 1, t == 2});/m, n, k, t == 1, t == 1});/
