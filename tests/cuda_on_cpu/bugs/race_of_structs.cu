// expect: data race on & shared variable kept & race_of_structs.cu:11 & race_of_structs.cu:13
// build: check
#include "tests/cuda_on_cpu/require.h"

struct Row {
  float values[24];
};

__global__ void exchange(Row* rows) {
  __shared__ Row kept[64];
  kept[threadIdx.x] = rows[threadIdx.x];
  // __syncthreads() is missing
  rows[threadIdx.x] = kept[63 - threadIdx.x];
}

int main() {
  Row* rows;
  OK(cudaMalloc(&rows, 64 * sizeof(Row)));
  OK(cudaMemset(rows, 0, 64 * sizeof(Row)));
  exchange<<<1, 64>>>(rows);
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
  OK(cudaFree(rows));
}
