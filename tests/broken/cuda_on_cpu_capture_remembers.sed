# common/cuda_on_cpu/graph.cpp cuda_on_cpu_test Cuda/Correct.*/graphs
s/^    stream->captured = 0;/    ;/
