# chapters/03_fast_kernels/check_kernels.cpp 03_fast_kernels_check_test CheckTest.TheCheckOfMasked*
s/{32, 64, 128}/{32, 64, 64}/
