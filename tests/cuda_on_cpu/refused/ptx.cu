// expect: ptx.cu:6:3: error: assembly of a GPU (PTX) is not part of cuda_on_cpu
#include <cuda_runtime.h>

__device__ unsigned lane() {
  unsigned number;
  asm volatile("mov.u32 %0, %%laneid;" : "=r"(number));
  return number;
}
__global__ void k(unsigned* p) { p[threadIdx.x] = lane(); }
int main() { return 0; }
