# chapters/03_fast_kernels/bench.cpp 03_fast_kernels_programs_test BenchTest.AFullDisk*
/^void report_limits/,/^}/s|^  if (!out.flush()) throw.*|  ;|
