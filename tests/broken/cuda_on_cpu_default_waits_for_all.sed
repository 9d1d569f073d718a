# common/cuda_on_cpu/stream.cpp cuda_on_cpu_test Cuda/*/nonblocking_streams
s/if (handle \&\& other->blocking \&\& !other->queue.empty()) after/if (handle \&\& !other->queue.empty()) after/
