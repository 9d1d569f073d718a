// expect: launch_without_end.cu:7:4: error: '<<<' without '>>>' &   k<<<1, 32>>(p); &    ^
#include <cuda_runtime.h>

__global__ void k(float* p) { p[0] = 1; }

void f(float* p) {
  k<<<1, 32>>(p);
}
