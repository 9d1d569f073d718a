// expect: expected '(' after '>>>'
#include <cuda_runtime.h>

__global__ void k(float* p) { p[0] = 1; }

void f() {
  k<<<1, 32>>>;
}
