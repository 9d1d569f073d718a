// expect: more findings of the checker are not shown & 21 findings; exit status 66
// build: check
#include "tests/cuda_on_cpu/require.h"

// Every thread writes to every place, line by line: 25 races, of which 20 are told, and that there are more.
__global__ void write_kernel(float* p) {
  const float mine = float(threadIdx.x);
  p[0] = mine;
  p[1] = mine;
  p[2] = mine;
  p[3] = mine;
  p[4] = mine;
  p[5] = mine;
  p[6] = mine;
  p[7] = mine;
  p[8] = mine;
  p[9] = mine;
  p[10] = mine;
  p[11] = mine;
  p[12] = mine;
  p[13] = mine;
  p[14] = mine;
  p[15] = mine;
  p[16] = mine;
  p[17] = mine;
  p[18] = mine;
  p[19] = mine;
  p[20] = mine;
  p[21] = mine;
  p[22] = mine;
  p[23] = mine;
  p[24] = mine;
}

int main() {
  float* p;
  OK(cudaMalloc(&p, 25 * sizeof(float)));
  write_kernel<<<1, 4>>>(p);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(p));
}
