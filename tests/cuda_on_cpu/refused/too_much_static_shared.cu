// expect: more than 48 KiB of static shared memory
#include <cuda_runtime.h>

__global__ void k(float* p) {
  __shared__ float s[13000];
  s[0] = p[0];
  p[0] = s[1];
}
