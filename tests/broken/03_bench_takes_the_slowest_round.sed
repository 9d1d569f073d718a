# chapters/03_fast_kernels/bench.cpp 03_fast_kernels_programs_test Bench.TakesTheBest*
s/best = std::min(best, time(calls))/best = std::max(best, time(calls))/
