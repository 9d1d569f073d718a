// expect: shared_in_half_a_macro.cu:4:20: error: a macro with __shared__ in it must hold the whole declaration
#include <cuda_runtime.h>

#define SHARED(T)  __shared__ T

__global__ void k(int* p) {
  SHARED(int) tile[32];
  tile[threadIdx.x] = threadIdx.x;
  p[threadIdx.x] = tile[threadIdx.x];
}
int main() { return 0; }
