// A product with few elements and long sums: the sums are split, too, and the parts are added in an order of ours.
#include "chapters/02_cuda/cuda_check.h"

#include <cstddef>

// c (m, n) = a (m, k) · b (k, n), row-major, device memory. In the backward pass of a narrow layer m and n are small and k is
// large. A thread for each element of c, as in chapter 03, would then be few threads with much to do. So k is cut into parts:
//
//   part s of k has the indices p with  s k / parts <= p < (s + 1) k / parts  (whole-number division; k * parts < 2^31)
//   partial (parts, m, n)[s] = the product over part s, each element summed up in ascending p
//   c = partial[0] + partial[1] + ... + partial[parts - 1], in this order
//
// partial is memory of the caller, with anything in it at first; it is filled. What c held is overwritten. m, n and k may be
// 0 (a sum of nothing is 0), and parts, 1 or more, may exceed k. The order makes the bits of c the same in every run: no
// atomicAdd.
//
// Write two kernels: one with a thread for each element of partial, one that adds them up with a thread for each element of c.
// BEGIN SOLUTION
__global__ void partial_products_kernel(float* partial, const float* a, const float* b, int m, int n, int k, int parts) {
  const int row = int(blockIdx.y * blockDim.y + threadIdx.y), column = int(blockIdx.x * blockDim.x + threadIdx.x);
  const int part = int(blockIdx.z);
  if (row >= m || column >= n) return;
  float sum = 0;
  for (int p = part * k / parts; p < (part + 1) * k / parts; ++p)
    sum += a[size_t(row) * size_t(k) + size_t(p)] * b[size_t(p) * size_t(n) + size_t(column)];
  partial[(size_t(part) * size_t(m) + size_t(row)) * size_t(n) + size_t(column)] = sum;
}

__global__ void add_parts_kernel(float* c, const float* partial, size_t elements, int parts) {
  const size_t i = size_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= elements) return;
  float sum = 0;
  for (int part = 0; part < parts; ++part) sum += partial[size_t(part) * elements + i];
  c[i] = sum;
}
// TODO
// A grid has three dimensions. Which of them is the part?
// STUB
// END SOLUTION

void matmul_split_k(float* c, float* partial, const float* a, const float* b, int m, int n, int k, int parts) {
  // BEGIN SOLUTION
  const size_t elements = size_t(m) * size_t(n);
  if (elements == 0) return;
  const dim3 block(32, 8), grid(unsigned(n + 31) / 32, unsigned(m + 7) / 8, unsigned(parts));
  partial_products_kernel<<<grid, block>>>(partial, a, b, m, n, k, parts);
  CUDA_CHECK(cudaGetLastError());
  add_parts_kernel<<<unsigned((elements + 255) / 256), 256>>>(c, partial, elements, parts);
  CUDA_CHECK(cudaGetLastError());
  // TODO
  // Two launches. Does the second kernel have to wait for the first, and who makes it?
  // STUB
  // END SOLUTION
}
