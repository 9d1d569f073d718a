# chapters/03_fast_kernels/bench.cpp 03_fast_kernels_programs_test BenchTest.TheProgram*
s/^  print_device(limits);$//
