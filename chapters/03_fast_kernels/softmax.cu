// Softmax cross-entropy in one kernel: a warp takes a row and keeps it to itself.
//
// Chapter 02 reads z three times, from three kernels, and its block of threads reduces through shared memory with a
// barrier after every halving. The lanes of a warp need neither: __shfl_xor_sync hands a register from lane to lane. Lane l
// takes the value of lane l ^ 16 and adds its own, then of l ^ 8, 4, 2, 1; after five steps every lane has the sum of all.
//
// A row of up to 256 classes fits into the warp's registers, up to eight numbers in each lane: then it is read once, and each
// exponential is computed once. A longer row is read three times.
#include "chapters/02_cuda/cuda_check.h"
#include "chapters/02_cuda/kernels.h"
#include "chapters/03_fast_kernels/fused.h"

namespace fast {

namespace {
constexpr int warps = 4;  // rows per block
constexpr unsigned all_lanes = 0xffffffff;

__device__ float warp_max(float value) {
  for (int distance = 16; distance > 0; distance /= 2)
    value = fmaxf(value, __shfl_xor_sync(all_lanes, value, distance));
  return value;
}

__device__ float warp_sum(float value) {
  for (int distance = 16; distance > 0; distance /= 2) value += __shfl_xor_sync(all_lanes, value, distance);
  return value;
}
}  // namespace

// A lane has `own` numbers of the row: 32 places apart, so that neighbours read neighbours.
template <int own>
__global__ void softmax_in_registers_kernel(float* loss, float* dz, const float* z, const int* labels,
                                            float scale, int rows, int classes) {
  const int r = int(blockIdx.x) * warps + int(threadIdx.x) / 32, lane = int(threadIdx.x) % 32;
  if (r >= rows) return;  // the whole warp, so nobody waits for it in a shuffle
  z += size_t(r) * size_t(classes);
  dz += size_t(r) * size_t(classes);
  const int label = labels[r];

  float mine[own], maximum = -INFINITY, sum = 0, of_label = 0;
#pragma unroll
  for (int i = 0; i < own; ++i) {
    const int j = lane + 32 * i;
    mine[i] = j < classes ? z[j] : -INFINITY;  // whose exponential is 0
    if (j == label) of_label = mine[i];
    maximum = fmaxf(maximum, mine[i]);
  }
  maximum = warp_max(maximum);
#pragma unroll
  for (int i = 0; i < own; ++i) sum += mine[i] = expf(mine[i] - maximum);
  sum = warp_sum(sum);

  const bool has_label = label >= 0 && label < classes;
  if (lane == (has_label ? label % 32 : 0)) loss[r] = logf(sum) + (has_label ? maximum - of_label : 0.0f);
#pragma unroll
  for (int i = 0; i < own; ++i) {
    const int j = lane + 32 * i;
    if (j < classes) dz[j] = scale * (mine[i] / sum - (j == label ? 1.0f : 0.0f));
  }
}

__global__ void softmax_cross_entropy_kernel(float* loss, float* dz, const float* z, const int* labels,
                                             float scale, int rows, int classes) {
  const int r = int(blockIdx.x) * warps + int(threadIdx.x) / 32, lane = int(threadIdx.x) % 32;
  if (r >= rows) return;
  z += size_t(r) * size_t(classes);
  dz += size_t(r) * size_t(classes);
  const int label = labels[r];

  float maximum = -INFINITY;
  for (int j = lane; j < classes; j += 32) maximum = fmaxf(maximum, z[j]);
  maximum = warp_max(maximum);
  float sum = 0;
  for (int j = lane; j < classes; j += 32) sum += expf(z[j] - maximum);
  sum = warp_sum(sum);

  // dz may be z: each lane reads an element, z[label] too, before it writes that element, and no other lane needs it.
  const bool has_label = label >= 0 && label < classes;
  if (lane == (has_label ? label % 32 : 0)) loss[r] = logf(sum) + (has_label ? maximum - z[label] : 0.0f);
  for (int j = lane; j < classes; j += 32)
    dz[j] = scale * (expf(z[j] - maximum) / sum - (j == label ? 1.0f : 0.0f));
}

void softmax_cross_entropy(float* loss, float* dz, const float* z, const int* labels, float scale, int rows,
                           int classes, cudaStream_t stream) {
  if (rows == 0) return;
  auto* kernel = classes <= 32    ? softmax_in_registers_kernel<1>
                 : classes <= 256 ? softmax_in_registers_kernel<8>
                                  : softmax_cross_entropy_kernel;
  kernel<<<blocks_for(size_t(rows), warps), 32 * warps, 0, stream>>>(loss, dz, z, labels, scale, rows, classes);
  CUDA_CHECK(cudaGetLastError());
}

}  // namespace fast
