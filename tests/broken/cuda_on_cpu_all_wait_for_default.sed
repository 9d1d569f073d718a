# common/cuda_on_cpu/stream.cpp cuda_on_cpu_test Cuda/*/nonblocking_streams
s/if (stream.blocking \&\& !legacy().queue.empty()) after/if (!legacy().queue.empty()) after/
