// Grids and blocks in three dimensions, early return before a barrier, more than 48 KiB of shared memory.
#include "tests/cuda_on_cpu/require.h"

__global__ void place(int* out, int n) {
  int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
  int z = blockIdx.z * blockDim.z + threadIdx.z;
  if (x < n && y < n && z < n) out[(z * n + y) * n + x] = x + 100 * y + 10000 * z;
}

__global__ void some_return(int* out, int n) {
  extern __shared__ int values[];
  if (threadIdx.x >= static_cast<unsigned>(n)) return;  // the barrier is for those that are left
  values[threadIdx.x] = threadIdx.x;
  __syncthreads();
  out[threadIdx.x] = values[n - 1 - threadIdx.x];
}

__global__ void large(float* out) {
  extern __shared__ float large_values[];
  for (int i = threadIdx.x; i < 16000; i += blockDim.x) large_values[i] = 1;
  __syncthreads();
  float sum = 0;
  for (int i = threadIdx.x; i < 16000; i += blockDim.x) sum += large_values[15999 - i];
  atomicAdd(out, sum);
}

int main() {
  int host[343], *out;
  OK(cudaMalloc(&out, sizeof host));
  place<<<dim3(4, 3, 2), dim3(2, 3, 4)>>>(out, 7);
  OK(cudaMemcpy(host, out, sizeof host, cudaMemcpyDeviceToHost));
  for (int i = 0; i < 343; ++i) REQUIRE(host[i] == i % 7 + 100 * (i / 7 % 7) + 10000 * (i / 49));
  some_return<<<1, 96, 96 * sizeof(int)>>>(out, 70);
  OK(cudaMemcpy(host, out, 70 * sizeof(int), cudaMemcpyDeviceToHost));
  for (int i = 0; i < 70; ++i) REQUIRE(host[i] == 69 - i);
  OK(cudaFree(out));
  float sum, *total;
  OK(cudaMalloc(&total, sizeof sum));
  OK(cudaMemset(total, 0, sizeof sum));
  OK(cudaFuncSetAttribute(large, cudaFuncAttributeMaxDynamicSharedMemorySize, 64000));
  large<<<1, 128, 64000>>>(total);
  OK(cudaGetLastError());
  OK(cudaMemcpy(&sum, total, sizeof sum, cudaMemcpyDeviceToHost));
  REQUIRE(sum == 16000);
  OK(cudaFree(total));
}
