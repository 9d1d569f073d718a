// expect: __managed__ is not part of cuda_on_cpu
#include <cuda_runtime.h>

__device__ __managed__ int counter;
