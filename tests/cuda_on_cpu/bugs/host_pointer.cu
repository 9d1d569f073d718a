// expect: ~:12: kernel fill: argument 1 is a pointer to host memory; kernels need cudaMalloc or cudaMallocHost
#include "tests/cuda_on_cpu/require.h"

#include <vector>

__global__ void fill(float* p, int n) {
  if (threadIdx.x < static_cast<unsigned>(n)) p[threadIdx.x] = 1;
}

int main() {
  std::vector<float> host(32);
  fill<<<1, 32>>>(host.data(), 32);
  OK(cudaDeviceSynchronize());
}
// expect: cudaDeviceSynchronize(): an illegal memory access was encountered
