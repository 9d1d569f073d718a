# chapters/03_fast_kernels/bench.cpp 03_fast_kernels_programs_test *ATrainingRate*
s| / double(job.batch) \* rate| * rate|
