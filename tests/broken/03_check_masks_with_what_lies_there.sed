# chapters/03_fast_kernels/check_kernels.cpp 03_fast_kernels_check_test CheckTest.TheCheckOfMasked*
s/small_integers(c_size, 2)/small_integers(2, c_size)/
