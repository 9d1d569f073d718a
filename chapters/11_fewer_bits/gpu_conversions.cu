#include "chapters/11_fewer_bits/gpu_conversions.h"

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "chapters/02_cuda/cuda_check.h"
#include "chapters/02_cuda/kernels.h"
#include "chapters/03_fast_kernels/bf16.h"
#include "common/error.h"

namespace {

struct ToBf16 {
  using Stored = __nv_bfloat16;
  static __device__ Stored narrow(float x) { return __float2bfloat16_rn(x); }
  static __device__ float widen(Stored x) { return __bfloat162float(x); }
};

struct ToHalf {
  using Stored = __half;
  static __device__ Stored narrow(float x) { return __float2half_rn(x); }
  static __device__ float widen(Stored x) { return __half2float(x); }
};

// A denormal becomes zero, with its sign. A NaN is not smaller than anything.
struct ToFlushedHalf : ToHalf {
  static __device__ Stored narrow(float x) {
    const Stored rounded = __float2half_rn(x);
    return fabsf(__half2float(rounded)) < 0x1p-14f ? __float2half_rn(copysignf(0.0f, x)) : rounded;
  }
};

constexpr unsigned threads = 256;

template <class To>
__global__ void narrow_kernel(typename To::Stored* to, const float* from, size_t n) {
  const size_t i = size_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < n) to[i] = To::narrow(from[i]);
}

template <class To>
void narrow(uint16_t* to, const float* from, size_t n, cudaStream_t stream) {
  if (n == 0) return;
  narrow_kernel<To><<<blocks_for(n, threads), threads, 0, stream>>>(reinterpret_cast<typename To::Stored*>(to), from, n);
  CUDA_CHECK(cudaGetLastError());
}

template <class To>
__global__ void widen_kernel(float* to, const typename To::Stored* from, size_t n) {
  const size_t i = size_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < n) to[i] = To::widen(from[i]);
}

template <class To>
void widen(float* to, const uint16_t* from, size_t n, cudaStream_t stream) {
  if (n == 0) return;
  widen_kernel<To><<<blocks_for(n, threads), threads, 0, stream>>>(to, reinterpret_cast<const typename To::Stored*>(from), n);
  CUDA_CHECK(cudaGetLastError());
}

template <class To>
__global__ void round_kernel(float* to, const float* from, size_t n) {
  const size_t i = size_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < n) to[i] = To::widen(To::narrow(from[i]));
}

template <class To>
void round(float* to, const float* from, size_t n, cudaStream_t stream) {
  if (n == 0) return;
  round_kernel<To><<<blocks_for(n, threads), threads, 0, stream>>>(to, from, n);
  CUDA_CHECK(cudaGetLastError());
}

template <class To>
GpuConversions conversions(fast::Matmul* matmul) {
  return {narrow<To>, widen<To>, round<To>, matmul};
}

}  // namespace

GpuConversions gpu_conversions(const std::string& name) {
  int device = 0, major = 0;
  CUDA_CHECK(cudaGetDevice(&device));
  CUDA_CHECK(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device));
  if (name == "half") return conversions<ToHalf>(fast::matmul_tensor_half);
  if (name == "half-flushed") return conversions<ToFlushedHalf>(fast::matmul_tensor_half);
  if (major < 8) throw Error("--precision bf16: tensor cores multiply bf16 from compute capability 8.0 on");
  return conversions<ToBf16>(fast::matmul_tensor_stages);
}
