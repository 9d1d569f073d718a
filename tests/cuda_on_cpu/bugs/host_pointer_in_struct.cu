// expect: ~:8: a kernel may not touch host memory: write of 4 bytes: 0x & (memory of the host, or of nobody)
// build: check
#include "tests/cuda_on_cpu/require.h"

struct View {
  float* p;
};
__global__ void fill(View view) { view.p[threadIdx.x] = 1; }

int main() {
  static float host[32];
  fill<<<1, 32>>>(View{host});
  OK(cudaDeviceSynchronize());
}
// expect: kernel fill (launched at ~:12), block (0,0,0), thread ( & ; every later CUDA call returns cudaErrorIllegalAddress
