# chapters/03_fast_kernels/bench.cpp 03_fast_kernels_programs_test BenchTest.EachLineOfTraining*
s/line("chapter 03's kernels", training_rate(device,/line("chapter 03's kernels", training_rate(plain,/
