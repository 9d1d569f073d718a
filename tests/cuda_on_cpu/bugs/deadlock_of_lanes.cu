// expect: deadlock: warp 0 waits at __shfl_sync of ~:8 for lanes
#include "tests/cuda_on_cpu/require.h"

__global__ void in_a_circle(float* p) {
  const int lane = int(threadIdx.x);
  float value = 1;
  const unsigned mask = lane < 10 ? 0x7ffu : lane < 20 ? 0x1ffc00u : 0xfff00001u;  // each group names the first lane of the next one
  value = __shfl_sync(mask, value, lane);
  p[lane] = value;
}

int main() {
  float* p;
  OK(cudaMalloc(&p, 64 * sizeof(float)));
  OK(cudaMemset(p, 0, 64 * sizeof(float)));
  in_a_circle<<<1, 32>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
// expect: warp 0 waits at __shfl_sync of ~:8 for lanes 0x400 of mask 0x7ff & for lanes 0x100000 of mask 0x1ffc00 & for lanes 0x1 of mask 0xfff00001
