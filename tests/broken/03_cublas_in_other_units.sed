# chapters/03_fast_kernels/bench.cpp 03_fast_kernels_programs_test Yardstick.*
/^Row time_cublas/,/^}/s|row.gflops.push_back(s.gflop() /|row.gflops.push_back(1e-3 * s.gflop() /|
