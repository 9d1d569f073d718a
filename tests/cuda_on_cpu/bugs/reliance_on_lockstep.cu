// expect: data race on & lanes of a warp do not run in lockstep
// build: check
#include "tests/cuda_on_cpu/require.h"

__global__ void sum(float* p) {
  __shared__ float part[64];
  int i = threadIdx.x;
  part[i] = p[i], part[i + 32] = p[i + 32];
  for (int half = 32; half > 0; half /= 2)
    if (i < half) part[i] += part[i + half];  // each round needs __syncwarp()
  if (i == 0) p[0] = part[0];
}

int main() {
  float* p;
  OK(cudaMalloc(&p, 64 * sizeof(float)));
  OK(cudaMemset(p, 0, 64 * sizeof(float)));
  sum<<<1, 32>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
