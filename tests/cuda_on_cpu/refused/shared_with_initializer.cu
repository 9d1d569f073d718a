// expect: cannot have an initializer
#include <cuda_runtime.h>

__global__ void k(float* p) {
  __shared__ float s = 1;
  p[0] = s;
}
