# chapters/03_fast_kernels/check_kernels.cpp 03_fast_kernels_check_test CheckTest.TheCheckOfKernels*
s/^  if (!small)/  if (small)/
