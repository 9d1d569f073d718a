// expect: expected: extern __shared__ type name[];
#include <cuda_runtime.h>

__global__ void k(float* p) {
  extern __shared__ float s[4];
  p[0] = s[0];
}
