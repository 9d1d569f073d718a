# chapters/03_fast_kernels/bench.cpp 03_fast_kernels_programs_test Bench.ARow*
s|100 \* row.gflops.back() / peak|100 * row.gflops.front() / peak|
