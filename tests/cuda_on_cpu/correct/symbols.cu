// __device__ and __constant__ variables, copied to and from, and by address.
#include "tests/cuda_on_cpu/require.h"

__constant__ float weights[4];
__device__ int counter;
__device__ float table[2][3];
constexpr int one = 1;

__global__ void use(float* out) {
  out[threadIdx.x] = weights[threadIdx.x % 4];
  atomicAdd(&counter, one);
  if (threadIdx.x < 3) table[1][threadIdx.x] += 1;
}

int main() {
  float host[4] = {1, 2, 3, 4}, result[32], rows[2][3] = {}, *out;
  int count = 100;
  OK(cudaMemcpyToSymbol(weights, host, sizeof host));
  OK(cudaMemcpyToSymbol(weights, host, sizeof(float), 3 * sizeof(float)));
  OK(cudaMemcpyToSymbol(counter, &count, sizeof count));
  OK(cudaMalloc(&out, sizeof result));
  use<<<1, 32>>>(out);
  OK(cudaGetLastError());
  OK(cudaMemcpy(result, out, sizeof result, cudaMemcpyDeviceToHost));
  REQUIRE(result[2] == 3 && result[3] == 1 && result[31] == 1);
  OK(cudaMemcpyFromSymbol(&count, counter, sizeof count));
  REQUIRE(count == 132);
  void* address;
  OK(cudaGetSymbolAddress(&address, table));
  OK(cudaMemcpy(rows, address, sizeof rows, cudaMemcpyDeviceToHost));
  REQUIRE(rows[0][2] == 0 && rows[1][0] == 1 && rows[1][2] == 1);
  cudaStream_t stream;
  OK(cudaStreamCreate(&stream));
  host[1] = 7;
  OK(cudaMemcpyToSymbolAsync(weights, host + 1, sizeof(float), 2 * sizeof(float), cudaMemcpyHostToDevice, stream));
  use<<<1, 32, 0, stream>>>(out);
  OK(cudaMemcpyFromSymbolAsync(&rows[0][1], table, sizeof(float), 5 * sizeof(float), cudaMemcpyDeviceToHost, stream));
  OK(cudaMemcpyAsync(result, out, sizeof result, cudaMemcpyDeviceToHost, stream));
  OK(cudaStreamSynchronize(stream));
  REQUIRE(result[1] == 2 && result[2] == 7 && result[3] == 1 && rows[0][1] == 2);
  OK(cudaMemcpyFromSymbol(&rows[0][0], table, sizeof(float), 4 * sizeof(float)));
  REQUIRE(rows[0][0] == 2);
  size_t bytes = 0;
  OK(cudaGetSymbolSize(&bytes, table));
  REQUIRE(bytes == sizeof table);
  OK(cudaStreamDestroy(stream));
  OK(cudaFree(out));
}
