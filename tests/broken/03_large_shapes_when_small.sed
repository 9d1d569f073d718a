# chapters/03_fast_kernels/check_kernels.cpp 03_fast_kernels_programs_test BenchTest.TheCheckOfKernels*
s/^  if (!small)/  if (small)/
