// expect: must stand inside a kernel
#include <cuda_runtime.h>

extern __shared__ float s[];
__global__ void k(float* p) { p[0] = s[0]; }
