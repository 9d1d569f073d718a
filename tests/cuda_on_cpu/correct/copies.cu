// Pitched copies, copies between device buffers, cudaMemcpyDefault, registered memory, allocation in stream order.
#include "tests/cuda_on_cpu/require.h"

#include <vector>

__global__ void nothing(const float*) {}

int main() {
  float matrix[6][10], block[3][4], *device, *other;
  for (int i = 0; i < 60; ++i) matrix[i / 10][i % 10] = static_cast<float>(i);
  OK(cudaMalloc(&device, sizeof block));
  OK(cudaMalloc(&other, sizeof block));
  OK(cudaMemcpy2D(device, 4 * sizeof(float), &matrix[2][5], sizeof matrix[0], 4 * sizeof(float), 3, cudaMemcpyHostToDevice));
  OK(cudaMemcpy(other, device, sizeof block, cudaMemcpyDeviceToDevice));
  OK(cudaMemcpy(block, other, sizeof block, cudaMemcpyDefault));
  REQUIRE(block[0][0] == 25 && block[2][3] == 48);
  OK(cudaMemset(other, 7, 5));  // bytes, as many as that
  unsigned char bytes[6];
  OK(cudaMemcpy(bytes, other, 6, cudaMemcpyDeviceToHost));
  REQUIRE(bytes[0] == 7 && bytes[4] == 7 && bytes[5] == reinterpret_cast<unsigned char*>(block)[5]);
  OK(cudaFree(device));
  OK(cudaFree(other));

  std::vector<float> host(1000, 3.0f);
  OK(cudaHostRegister(host.data(), host.size() * sizeof(float), cudaHostRegisterDefault));
  cudaPointerAttributes attributes;
  OK(cudaPointerGetAttributes(&attributes, host.data()));
  REQUIRE(attributes.type == cudaMemoryTypeHost);
  cudaStream_t stream;
  OK(cudaStreamCreate(&stream));
  OK(cudaMallocAsync(&device, 4000, stream));
  OK(cudaMemcpyAsync(device, host.data(), 4000, cudaMemcpyHostToDevice, stream));
  nothing<<<1, 32, 0, stream>>>(device);
  OK(cudaMemsetAsync(device, 0, 2000, stream));
  OK(cudaMemcpyAsync(host.data(), device, 4000, cudaMemcpyDeviceToHost, stream));
  OK(cudaFreeAsync(device, stream));
  OK(cudaStreamSynchronize(stream));
  REQUIRE(host[0] == 0 && host[499] == 0 && host[500] == 3);
  OK(cudaMalloc(&device, 4000));
  OK(cudaMemcpy2DAsync(device, 8 * sizeof(float), &matrix[1][2], sizeof matrix[0], 3 * sizeof(float), 4, cudaMemcpyHostToDevice, stream));
  OK(cudaMemcpy2DAsync(host.data(), 5 * sizeof(float), device, 8 * sizeof(float), 3 * sizeof(float), 4, cudaMemcpyDeviceToHost, stream));
  OK(cudaStreamSynchronize(stream));
  for (int i = 0; i < 20; ++i) REQUIRE(host[size_t(i)] == (i % 5 < 3 ? 12 + i / 5 * 10 + i % 5 : 0));
  OK(cudaFree(device));
  OK(cudaHostUnregister(host.data()));
  OK(cudaStreamDestroy(stream));
}
