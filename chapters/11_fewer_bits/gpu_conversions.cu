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

// A NaN is not positive.
template <class To>
__global__ void relu_backward_kernel(typename To::Stored* dy, const typename To::Stored* y, size_t n) {
  const size_t i = size_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < n && !(To::widen(y[i]) > 0.0f)) dy[i] = To::narrow(0.0f);
}

template <class To>
void relu_backward(uint16_t* dy, const uint16_t* y, size_t n, cudaStream_t stream) {
  if (n == 0) return;
  using Stored = typename To::Stored;
  relu_backward_kernel<To>
      <<<blocks_for(n, threads), threads, 0, stream>>>(reinterpret_cast<Stored*>(dy), reinterpret_cast<const Stored*>(y), n);
  CUDA_CHECK(cudaGetLastError());
}

template <class To>
__global__ void add_bias_kernel(typename To::Stored* y, const float* b, bool relu, size_t n, size_t columns) {
  const size_t i = size_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= n) return;
  float value = To::widen(y[i]);
  if (b) value += b[i % columns];
  if (relu) value = value < 0.0f ? 0.0f : value;
  y[i] = To::narrow(value);
}

template <class To>
void add_bias(uint16_t* y, const float* b, bool relu, size_t n, size_t columns, cudaStream_t stream) {
  if (n == 0) return;
  add_bias_kernel<To><<<blocks_for(n, threads), threads, 0, stream>>>(reinterpret_cast<typename To::Stored*>(y), b, relu, n, columns);
  CUDA_CHECK(cudaGetLastError());
}

template <class To>
__global__ void add_kernel(typename To::Stored* y, const float* x, size_t n) {
  const size_t i = size_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < n) y[i] = To::narrow(To::widen(y[i]) + x[i]);
}

template <class To>
void add(uint16_t* y, const float* x, size_t n, cudaStream_t stream) {
  if (n == 0) return;
  add_kernel<To><<<blocks_for(n, threads), threads, 0, stream>>>(reinterpret_cast<typename To::Stored*>(y), x, n);
  CUDA_CHECK(cudaGetLastError());
}

template <class To>
__global__ void scale_kernel(typename To::Stored* y, float factor, size_t n) {
  const size_t i = size_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < n) y[i] = To::narrow(To::widen(y[i]) * factor);
}

template <class To>
void scale(uint16_t* y, float factor, size_t n, cudaStream_t stream) {
  if (n == 0) return;
  scale_kernel<To><<<blocks_for(n, threads), threads, 0, stream>>>(reinterpret_cast<typename To::Stored*>(y), factor, n);
  CUDA_CHECK(cudaGetLastError());
}

template <class To>
__global__ void fill_kernel(typename To::Stored* p, float value, size_t n) {
  const size_t i = size_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < n) p[i] = To::narrow(value);
}

template <class To>
void fill(uint16_t* p, float value, size_t n, cudaStream_t stream) {
  if (n == 0) return;
  fill_kernel<To><<<blocks_for(n, threads), threads, 0, stream>>>(reinterpret_cast<typename To::Stored*>(p), value, n);
  CUDA_CHECK(cudaGetLastError());
}

template <class To>
__global__ void sum_kernel(typename To::Stored* sum, const typename To::Stored* x, size_t step, int count, size_t n) {
  const size_t i = size_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= n) return;
  float all = To::widen(x[i]);
  for (int k = 1; k < count; ++k) all += To::widen(x[size_t(k) * step + i]);
  sum[i] = To::narrow(all);
}

template <class To>
void sum(uint16_t* sum, const uint16_t* x, size_t step, int count, size_t n, cudaStream_t stream) {
  if (n == 0) return;
  using Stored = typename To::Stored;
  sum_kernel<To>
      <<<blocks_for(n, threads), threads, 0, stream>>>(reinterpret_cast<Stored*>(sum), reinterpret_cast<const Stored*>(x), step, count, n);
  CUDA_CHECK(cudaGetLastError());
}

template <class To>
GpuConversions conversions(fast::Matmul* matmul, bool product_rounds) {
  return {narrow<To>, widen<To>, round<To>, relu_backward<To>, add_bias<To>, add<To>, scale<To>, fill<To>, sum<To>, matmul, product_rounds, nullptr};
}

}  // namespace

GpuConversions gpu_conversions(const std::string& name) {
  int device = 0, major = 0;
  CUDA_CHECK(cudaGetDevice(&device));
  CUDA_CHECK(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device));
  if (name == "half") return conversions<ToHalf>(fast::matmul_tensor_half, true);
  if (name == "half-flushed") return conversions<ToFlushedHalf>(fast::matmul_tensor_half, false);
  if (major < 8) throw Error("--precision bf16: tensor cores multiply bf16 from compute capability 8.0 on");
  GpuConversions bf16 = conversions<ToBf16>(fast::matmul_tensor_stages, true);
  bf16.product = gpu_product_of_bf16;
  return bf16;
}
