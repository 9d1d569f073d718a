// expect: use __shfl_down_sync with a mask
#include <cuda_runtime.h>

__global__ void k(float* p) { p[0] = __shfl_down(p[1], 1); }
