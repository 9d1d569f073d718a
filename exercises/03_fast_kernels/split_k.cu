// A product with few elements and long sums: the sums are split, too, and the parts are added in an order of ours.
//
// Task 03_split_k: stretch, 7 points. Try it: make ex-03_split_k
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
// --- YOUR CODE (16 lines in ours)
// A grid has three dimensions. Which of them is the part?
// --- END OF YOUR CODE

void matmul_split_k(float* c, float* partial, const float* a, const float* b, int m, int n, int k, int parts) {
  // --- YOUR CODE (7 lines in ours)
  // Two launches. Does the second kernel have to wait for the first, and who makes it?
  // --- END OF YOUR CODE
}
// As generated: 1394985199-1577
