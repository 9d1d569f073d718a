# chapters/03_fast_kernels/bench.cpp 03_fast_kernels_programs_test BenchTest.TheProgramMeasures*
s/jobs(limits\.is_gpu), products, training, csv/jobs(limits.is_gpu), training, products, csv/
