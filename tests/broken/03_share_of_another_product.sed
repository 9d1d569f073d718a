# chapters/03_fast_kernels/bench.cpp 03_fast_kernels_programs_test Yardstick.*
s/^    yardstick = 0;$//
