# chapters/03_fast_kernels/bench.cpp 03_fast_kernels_programs_test BenchProgram.*
s|^  require_writable(best);|  ;|
