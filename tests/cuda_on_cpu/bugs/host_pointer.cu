// expect: ~:12: kernel fill: argument 3 is a pointer to host memory; kernels need cudaMalloc or cudaMallocHost
#include "tests/cuda_on_cpu/require.h"

#include <vector>

__global__ void fill(const float*, int n, float* p) {
  if (threadIdx.x < static_cast<unsigned>(n)) p[threadIdx.x] = 1;
}

int main() {
  std::vector<float> host(32);
  fill<<<1, 32>>>(nullptr, 32, host.data());
  OK(cudaDeviceSynchronize());
}
// expect: cudaDeviceSynchronize(): an illegal memory access was encountered
