// Errors that a program reads are no findings; the device describes itself.
#include "tests/cuda_on_cpu/require.h"

#include <cstring>

__global__ void nothing() {}

int main() {
  cudaDeviceProp properties;
  int device, value, blocks;
  size_t free_bytes, total_bytes;
  OK(cudaGetDevice(&device));
  OK(cudaGetDeviceProperties(&properties, device));
  REQUIRE(properties.warpSize == 32 && properties.major >= 7);
#ifdef CUDA_ON_CPU
  REQUIRE(!std::strcmp(properties.name, "CPU (cuda_on_cpu)"));
#endif
  OK(cudaDeviceGetAttribute(&value, cudaDevAttrMaxThreadsPerBlock, device));
  REQUIRE(value == 1024);
  OK(cudaMemGetInfo(&free_bytes, &total_bytes));
  REQUIRE(free_bytes <= total_bytes);
  OK(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, nothing, 256, 0));
  REQUIRE(blocks > 0);
  nothing<<<1, 4096>>>();
  REQUIRE(cudaGetLastError() == cudaErrorInvalidConfiguration);
  REQUIRE(cudaGetLastError() == cudaSuccess);
  void* p = nullptr;
  REQUIRE(cudaMalloc(&p, total_bytes + total_bytes / 2) == cudaErrorMemoryAllocation);
  REQUIRE(cudaPeekAtLastError() == cudaErrorMemoryAllocation);
  REQUIRE(!std::strcmp(cudaGetErrorName(cudaGetLastError()), "cudaErrorMemoryAllocation"));
  nothing<<<1, 1>>>();
  OK(cudaGetLastError());
  OK(cudaDeviceSynchronize());
}
