// What a kernel reads and writes, of which the test counts the wavefronts and sectors: two launches of two warps.
#include "tests/cuda_on_cpu/require.h"

__device__ alignas(128) float variable[64];
__constant__ float factors[2];

__global__ void pass(float* row, float* column) {
  __shared__ float tile[64];
  tile[threadIdx.x] = row[threadIdx.x];
  __syncthreads();
  for (int turn = 0; turn < 3; ++turn)
    column[8 * threadIdx.x + turn] = tile[2 * threadIdx.x % 64];
  atomicAdd(&variable[0], factors[0]);
  if (threadIdx.x >= 32)
    variable[threadIdx.x] = factors[1];
}

int main() {
  float *row, *column, host[64];
  for (int i = 0; i < 64; ++i) host[i] = float(i);
  OK(cudaMalloc(&row, sizeof host));
  OK(cudaMalloc(&column, 8 * sizeof host));
  OK(cudaMemcpyToSymbol(factors, host + 1, 2 * sizeof(float)));
  OK(cudaMemcpy(row, host, sizeof host, cudaMemcpyHostToDevice));
  for (int launch = 0; launch < 2; ++launch) pass<<<1, 64>>>(row, column);
  OK(cudaGetLastError());
  OK(cudaMemcpyFromSymbol(host, variable, sizeof host));
  REQUIRE(host[0] == 128 && host[1] == 0 && host[32] == 2);
  OK(cudaMemcpy(host, column + 8 * 33, sizeof host, cudaMemcpyDeviceToHost));
  REQUIRE(host[0] == 2 && host[2] == 2 && host[10] == 4);
  for (float* p : {row, column}) OK(cudaFree(p));
}
