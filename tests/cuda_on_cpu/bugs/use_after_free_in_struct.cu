// expect: illegal address: | ~:7: use after free: write of 4 bytes:
#include "tests/cuda_on_cpu/require.h"

struct View {
  float* p;
};
__global__ void fill(View view) { view.p[threadIdx.x] = 1; }

int main() {
  View view;
  OK(cudaMalloc(&view.p, 128));
  OK(cudaFree(view.p));
  fill<<<1, 32>>>(view);
  OK(cudaDeviceSynchronize());
}
// expect: bytes into 128 bytes of device memory allocated at ~:11 and freed at ~:12
// expect: kernel fill (launched at ~:13), block (0,0,0), thread ( & ; every later CUDA call returns cudaErrorIllegalAddress
