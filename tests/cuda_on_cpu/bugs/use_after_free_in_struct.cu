// expect: freed at & kernel fill
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
