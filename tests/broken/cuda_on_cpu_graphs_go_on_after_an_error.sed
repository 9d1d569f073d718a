# common/cuda_on_cpu/graph.cpp cuda_on_cpu_test Cuda/Bug.*/every_later_call
/^cudaError_t cudaGraphDestroy/,/^}/s/^  BEGIN_CALL/  Lock lock;/
