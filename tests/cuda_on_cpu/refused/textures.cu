// expect: no textures
#include <cuda_runtime.h>

__global__ void k(float* p, unsigned long long t) { p[0] = tex1Dfetch<float>(t, 0); }
