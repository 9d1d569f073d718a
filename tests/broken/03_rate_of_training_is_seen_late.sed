# chapters/03_fast_kernels/bench.cpp 03_fast_kernels_programs_test BenchTest.EachLine*
s/std::printf("\\n"), std::fflush(stdout);/std::printf("\\n");/
