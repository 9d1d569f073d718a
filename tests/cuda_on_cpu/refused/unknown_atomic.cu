// expect: atomicAdd
#include <cuda_runtime.h>

__global__ void k(short* p) { atomicAdd(p, 1); }
