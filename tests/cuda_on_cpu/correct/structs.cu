// Structs larger than a register, copied whole: compilers do this by memcpy.
#include "tests/cuda_on_cpu/require.h"

struct Row {
  float values[24];
};

__global__ void exchange(Row* rows) {
  __shared__ Row kept[32];
  kept[threadIdx.x] = rows[threadIdx.x];
  __syncthreads();
  rows[threadIdx.x] = kept[31 - threadIdx.x];
}

int main() {
  Row host[32], *rows;
  for (int row = 0; row < 32; ++row)
    for (int i = 0; i < 24; ++i) host[row].values[i] = static_cast<float>(100 * row + i);
  OK(cudaMalloc(&rows, sizeof host));
  OK(cudaMemcpy(rows, host, sizeof host, cudaMemcpyHostToDevice));
  exchange<<<1, 32>>>(rows);
  OK(cudaGetLastError());
  OK(cudaMemcpy(host, rows, sizeof host, cudaMemcpyDeviceToHost));
  for (int row = 0; row < 32; ++row)
    for (int i = 0; i < 24; ++i) REQUIRE(host[row].values[i] == static_cast<float>(100 * (31 - row) + i));
  OK(cudaFree(rows));
}
