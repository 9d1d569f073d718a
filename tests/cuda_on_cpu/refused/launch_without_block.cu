// expect: a launch needs a grid and a block: <<<grid, block>>>
#include <cuda_runtime.h>

__global__ void k(float* p) { p[0] = 1; }

void f(float* p) {
  k<<<1>>>(p);
}
