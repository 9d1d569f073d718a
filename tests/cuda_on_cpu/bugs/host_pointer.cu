// expect: argument 1 is a pointer to host memory
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
