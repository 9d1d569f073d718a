# chapters/03_fast_kernels/check_kernels.cpp 03_fast_kernels_check_test *OnceIsEachStepOnce
s/once(gpu, small ? 128 : 2048)/once(gpu, small ? 128 : 1024)/
