// Structs larger than a register, copied and cleared whole: compilers do this by memcpy and memset.
#include "tests/cuda_on_cpu/require.h"

struct Row {
  float values[24];
};

__global__ void exchange(Row* rows, size_t bytes) {
  __shared__ Row kept[32], cleared[32];
  memset(&cleared[threadIdx.x], 0, bytes);  // which gives them a value
  kept[threadIdx.x] = rows[threadIdx.x];
  __syncthreads();
  rows[threadIdx.x] = kept[31 - threadIdx.x];
  rows[threadIdx.x].values[0] += cleared[31 - threadIdx.x].values[23];
}

int main() {
  Row host[32], *rows;
  for (int row = 0; row < 32; ++row)
    for (int i = 0; i < 24; ++i) host[row].values[i] = static_cast<float>(100 * row + i);
  OK(cudaMalloc(&rows, sizeof host));
  OK(cudaMemcpy(rows, host, sizeof host, cudaMemcpyHostToDevice));
  exchange<<<1, 32>>>(rows, sizeof(Row));
  OK(cudaGetLastError());
  OK(cudaMemcpy(host, rows, sizeof host, cudaMemcpyDeviceToHost));
  for (int row = 0; row < 32; ++row)
    for (int i = 0; i < 24; ++i) REQUIRE(host[row].values[i] == static_cast<float>(100 * (31 - row) + i));
  OK(cudaFree(rows));
}
