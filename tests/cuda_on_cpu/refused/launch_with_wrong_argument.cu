// expect: launch_with_wrong_argument.cu:7 & const char
#include <cuda_runtime.h>

__global__ void k(float* p) { p[0] = 1; }

void f(float*) {
  k<<<1, 32>>>("text");
}
