# common/cuda_on_cpu/stream.cpp cuda_on_cpu_test Cuda/Correct.*/streams
/cudaStreamCreateWithPriority/,/^}/s/(stream, flags, source)/(stream, cudaStreamDefault, source)/
