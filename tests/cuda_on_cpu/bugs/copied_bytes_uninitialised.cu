// expect: ~:5: uninitialised read: & 1 finding; exit status 66
// build: check
#include "tests/cuda_on_cpu/require.h"

__global__ void check(char* p, int from, int to) { for (int i = from; i < to; ++i) if (p[i] == 7) p[i] = 8; }

int main() {
  char *p, *q;
  OK(cudaMalloc(&q, 64));
  OK(cudaMalloc(&p, 64));
  OK(cudaMemset(q, 0, 62));  // two bytes of a word are missing, and their copies have no value either
  OK(cudaMemcpy(p + 3, q + 3, 61, cudaMemcpyDeviceToDevice));
  check<<<1, 1>>>(p, 3, 62);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  check<<<1, 1>>>(p, 63, 64);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
  OK(cudaFree(q));
}
// expect: uninitialised read: 63 bytes into 64 bytes & kernel check (launched at ~:16)
