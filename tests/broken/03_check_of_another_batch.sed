# chapters/03_fast_kernels/check_kernels.cpp 03_fast_kernels_check_test CheckTest.TheCheckOfKernels*
s/products_of_a_step({784, 512, 256, 10}, 128)/products_of_a_step({784, 512, 256, 10}, 64)/
