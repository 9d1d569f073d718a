// expect: __cluster_dims__ is not part of cuda_on_cpu
#include <cuda_runtime.h>

__global__ void __cluster_dims__(2, 1, 1) k(float* p) { p[0] = 1; }
