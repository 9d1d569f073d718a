#include "chapters/02_cuda/ask_cuda.h"

#include "chapters/02_cuda/cuda_check.h"
#include "chapters/02_cuda/kernels.h"

#ifdef __NVCC__

namespace plain {
__global__ void add_kernel(float* y, const float* x, size_t n);
__global__ void matmul_kernel(float* c, MatrixView a, MatrixView b, Write write, int m, int n, int k);
__global__ void column_sums_kernel(float* db, const float* dy, Write write, int rows, int columns);
__global__ void row_max_kernel(float* maximum, const float* z, int classes);
}  // namespace plain

namespace {

template <class Kernel>
KernelOnGpu ask(const char* name, Kernel* kernel, int threads) {
  cudaFuncAttributes attributes;
  CUDA_CHECK(cudaFuncGetAttributes(&attributes, kernel));
  int blocks = 0;
  CUDA_CHECK(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, kernel, threads, 0));
  return {name, {threads, attributes.numRegs, int(attributes.sharedSizeBytes)}, blocks};
}

}  // namespace

std::optional<Gpu> ask_cuda() {
  int count = 0;
  if (cudaGetDeviceCount(&count) != cudaSuccess || count == 0) return std::nullopt;
  cudaDeviceProp p;
  CUDA_CHECK(cudaGetDeviceProperties(&p, 0));
  const Multiprocessor multiprocessor{.capability = std::to_string(p.major) + "." + std::to_string(p.minor),
                                      .warps = p.maxThreadsPerMultiProcessor / p.warpSize,
                                      .blocks = p.maxBlocksPerMultiProcessor,
                                      .shared = int(p.sharedMemPerMultiprocessor),
                                      .reserved = int(p.reservedSharedMemPerBlock),
                                      .granule = p.major < 8 ? 256 : 128};
  return Gpu{p.name,
             multiprocessor,
             {ask("add", plain::add_kernel, 256), ask("matmul", plain::matmul_kernel, 256),
              ask("column_sums", plain::column_sums_kernel, 256), ask("row_max", plain::row_max_kernel, 64)}};
}

#else

std::optional<Gpu> ask_cuda() { return std::nullopt; }

#endif
