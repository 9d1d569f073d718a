// Step 16: operands that are bfloat16 in memory, and their product.
//
// A Bf16 is the upper half of a float. A rounded matrix of (rows, k) numbers has zeros at its edges: its rows are a multiple of 128,
// k is one of 32. So the product asks for no edge where it reads. Numbers along k lie side by side.
#pragma once

#include <cstdint>

#include "chapters/03_fast_kernels/matmul.h"

namespace fast {

using Bf16 = uint16_t;

constexpr int rounded_rows = 128, rounded_depth = 32;
inline int padded(int n, int multiple) { return (n + multiple - 1) / multiple * multiple; }
inline size_t rounded_size(int rows, int k) { return size_t(padded(rows, rounded_rows)) * size_t(padded(k, rounded_depth)); }

// to = from (rows, k), each number rounded to the nearest, to the even one in the middle.
void round_to_bf16(Bf16* to, MatrixView from, int rows, int k, cudaStream_t stream);

// c (m, n) = finish(a (m, k) · b (k, n)), where a (m, k) and b_transposed (n, k) are rounded matrices. From compute capability 8.0.
void matmul_bf16(float* c, const Bf16* a, const Bf16* b_transposed, int m, int n, int k, Finish finish, cudaStream_t stream);

// The same with the signature of all steps: rounds both operands first.
Matmul matmul_tensor_stages;

}  // namespace fast
