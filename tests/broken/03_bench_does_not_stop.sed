# chapters/03_fast_kernels/bench.cpp 03_fast_kernels_programs_test BenchTest.MeasuresWhat*
s|^  if (only_products) return;||
