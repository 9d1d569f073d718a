// The product of bf16 numbers by an instruction that takes them in pairs: chapter 01's third step (pack, kernel, finish) with two terms in
// the place of one float. For a class Vectors, which says what a vector is and what the instruction does with it:
//
//   dot(sum, a, b) = low(a) · low(b) + (high(a) · high(b) + sum)      two fused multiply-adds of floats, the high half first
//
// So term p lies in the high half and p + 1 in the low one, and every sum is chapter 01's chain, k ascending, in the same blocks.
//
// All of it is in a namespace without a name, and calls nothing inline of others: a file that is compiled for another processor must not
// lend its code to the rest of the program.
#pragma once

#include <cstdint>
#include <cstring>

#include "chapters/01_serial/product.h"

// clang would split vectors of 512 bits on some processors.
#if defined(__clang__) && defined(__AVX512F__)
#define WHOLE_VECTORS __attribute__((noinline, min_vector_width(512)))
#else
#define WHOLE_VECTORS __attribute__((noinline))
#endif

namespace {

constexpr int pair_block = 256;  // of 512 terms, as in chapter 01

uint32_t bits_of(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}

// For each pair q of terms of rows [first, first + height) of a: a(r, 2q) and a(r, 2q + 1), of numbers that are bf16 already. Rows past m
// are zeros. Behind an odd k stands `behind`: -0 times 0 is -0, which changes no sum, and no zero's sign.
template <int height>
void pack_pairs(uint32_t* panel, MatrixView a, int first, int m, int k, float behind) {
  const int rows = m - first < height ? m - first : height;
  for (int p = 0; p < k; p += 2, panel += height)
    for (int r = 0; r < height; ++r) {
      const float* const x = a.data + size_t(first + r) * a.row_step + size_t(p) * a.column_step;
      panel[r] = r < rows ? (bits_of(*x) & 0xffff0000u) | bits_of(p + 1 < k ? x[a.column_step] : behind) >> 16 : 0;
    }
}

// tile (height, 2 vectors) = sums over the pairs of a column of a times a row of b, both packed.
template <class Vectors, int height>
WHOLE_VECTORS void multiply_tile(float* tile, const uint32_t* a, const uint32_t* b, int pairs) {
  using Floats = typename Vectors::Floats;
  using Pairs = typename Vectors::Pairs;
  for (int first = 0; first < pairs; first += pair_block) {
    Floats sum[height][2] = {};
    const int last = pairs - first < pair_block ? pairs : first + pair_block;
    for (int q = first; q < last; ++q, a += height, b += 2 * Vectors::floats) {
      const Pairs* const row = (const Pairs*)b;
#pragma GCC unroll 16
      for (int r = 0; r < height; ++r)
#pragma GCC unroll 2
        for (int v = 0; v < 2; ++v) sum[r][v] = Vectors::dot(sum[r][v], Pairs{} + a[r], row[v]);
    }
    Floats* const out = (Floats*)tile;
#pragma GCC unroll 16
    for (int r = 0; r < height; ++r)
#pragma GCC unroll 2
      for (int v = 0; v < 2; ++v) out[2 * r + v] = first == 0 ? sum[r][v] : out[2 * r + v] + sum[r][v];
  }
}

// c (m, n) = finish(a (m, k) · b (k, n)).  room: for both when they are packed, aligned to 64 bytes (room_for in bf16_product.cpp).
template <class Vectors, int height>
void multiply_pairs(float* c, MatrixView a, MatrixView b, int m, int n, int k, const Finish& finish, uint32_t* room) {
  constexpr int width = 2 * Vectors::floats;
  alignas(64) float tile[height * width] = {};  // zeros: the sum of no terms
  const int pairs = (k + 1) / 2;
  uint32_t* const packed_b = room;
  uint32_t* const packed_a = room + size_t(pairs) * width;
  for (int i = 0; i < m; i += height) pack_pairs<height>(packed_a + size_t(pairs) * size_t(i), a, i, m, k, -0.0f);
  for (int j = 0; j < n; j += width) {
    pack_pairs<width>(packed_b, {b.data, b.column_step, b.row_step}, j, n, k, 0.0f);
    const int columns = n - j < width ? n - j : width;
    for (int i = 0; i < m; i += height) {
      multiply_tile<Vectors, height>(tile, packed_a + size_t(pairs) * size_t(i), packed_b, pairs);
      for (int r = 0; r < height && i + r < m; ++r)
        for (int column = 0; column < columns; ++column) {
          float* const to = c + size_t(i + r) * size_t(n) + j + column;
          float value = tile[r * width + column];
          if (finish.bias) value += finish.bias[j + column];
          if (finish.activation == Activation::relu) value = value < 0.0f ? 0.0f : value;
          *to = finish.write == Write::accumulate ? *to + value : value;
        }
    }
  }
}

}  // namespace
