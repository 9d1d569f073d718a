// expect: 1 operation never ran, the oldest from ~:9: nothing waited for the stream & 2 findings; exit status 66
#include "tests/cuda_on_cpu/require.h"

__global__ void fill(float* p) { p[threadIdx.x] = 7; }

int main() {
  float* p;
  OK(cudaMalloc(&p, 128));
  fill<<<1, 32>>>(p);
  OK(cudaGetLastError());
}
