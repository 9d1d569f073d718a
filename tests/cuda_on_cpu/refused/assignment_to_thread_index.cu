// expect: read-only | const
#include <cuda_runtime.h>

__global__ void k(float* p) {
  threadIdx.x = 1;
  p[0] = 1;
}
