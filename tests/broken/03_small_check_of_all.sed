# chapters/03_fast_kernels/check_kernels.cpp 03_fast_kernels_check_test CheckTest.TheCheckOfKernels*
s/^  check_products(gpu, small);/  check_products(gpu, false);/
