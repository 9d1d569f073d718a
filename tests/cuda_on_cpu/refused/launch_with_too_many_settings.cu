// expect: launch_with_too_many_settings.cu:7
#include <cuda_runtime.h>

__global__ void k(float* p) { p[0] = 1; }

void f(float* p) {
  k<<<1, 32, 0, 0, 0>>>(p);
}
