// The product of bf16 numbers by an instruction that takes them in pairs: chapter 01's third step (pack, kernel, finish) with two terms in
// the place of one float. For a class Vectors, which says what a vector is and what the instruction does with it:
//
//   dot(sum, a, b): sum = low(a) · low(b) + (high(a) · high(b) + sum)      two fused multiply-adds of floats, the high half first
//
// So term p lies in the high half and p + 1 in the low one, and every sum is chapter 01's chain, k ascending, in the same blocks.
//
// All of it is in a namespace without a name, and calls nothing inline of others: a file that is compiled for another processor must not
// lend its code to the rest of the program.
#pragma once

#include <cstdint>
#include <cstring>

#include "chapters/01_serial/transpose.h"
#include "chapters/11_fewer_bits/bf16_product.h"

// clang would split vectors of 512 bits on some processors.
#if defined(__clang__) && defined(__AVX512F__)
#define WHOLE_VECTORS __attribute__((noinline, min_vector_width(512)))
#else
#define WHOLE_VECTORS __attribute__((noinline))
#endif

// What is called after each panel of columns.
struct Meanwhile {
  void (*call)(const void*);
  const void* with;
};

namespace {

constexpr int pair_block = 256;  // of 512 terms, as in chapter 01
constexpr int distance = 64;     // terms that are fetched in advance

// The bits of floats, rounded as bf16_bits of sixteen_bits.h does: of one, or of a vector of them.
template <class Bits>
Bits rounded(Bits u) {
  return ((u & 0x7fffffff) > 0x7f800000 ? u | 0x400000 : u + 0x7fff + (u >> 16 & 1)) & 0xffff0000;
}

// A number in the upper half of 32 bits: what is stored so, or a float, rounded.
uint32_t upper(uint16_t bits) { return uint32_t(bits) << 16; }
uint32_t upper(float x) {
  uint32_t u;
  std::memcpy(&u, &x, sizeof u);
  return rounded(u);
}
template <class T>
uint32_t pair(T high, T low) {
  return upper(high) | upper(low) >> 16;
}

// The four pairs that begin at p.
Four four_pairs(const uint16_t* p) {
  typedef uint32_t Bits __attribute__((vector_size(16), aligned(2), may_alias));
  const Bits v = *(const Bits*)p;  // the first number of a pair in the lower half
  return (Four)(v << 16 | v >> 16);
}
Four four_pairs(const float* p) {
  typedef uint32_t Bits __attribute__((vector_size(16)));
  Bits v[2];
  std::memcpy(v, p, sizeof v);
  v[0] = rounded(v[0]), v[1] = rounded(v[1]);
  return (Four)(__builtin_shufflevector(v[0], v[1], 0, 2, 4, 6) | __builtin_shufflevector(v[0], v[1], 1, 3, 5, 7) >> 16);
}

// For each pair q of terms of `rows` rows of a: a(r, 2q) and a(r, 2q + 1). Rows up to `height` are zeros. Behind an odd k stands `behind`:
// -0 times 0 is -0, which changes no sum, and no zero's sign.
template <int height, class T>
void pack(uint32_t* panel, const T* a, size_t row_step, size_t column_step, int rows, int k, uint32_t behind) {
  const int pairs = k / 2;
  if (rows < height) std::memset(panel, 0, size_t(pairs + k % 2) * height * sizeof *panel);
  if (rows == height && row_step == 1) {  // the rows lie side by side
    const T* first = a;
    uint32_t* to = panel;
    for (int q = 0; q < pairs; ++q, to += height, first += 2 * column_step) {
      const T* const second = first + column_step;
      for (size_t line = 0; line < height * sizeof(T); line += 64) {
        __builtin_prefetch((const char*)(first + distance * column_step) + line);
        __builtin_prefetch((const char*)(second + distance * column_step) + line);
      }
      for (int r = 0; r < height; ++r) to[r] = pair(first[r], second[r]);
    }
  } else {
    const int blocks = column_step == 1 && rows >= 4 ? pairs / 4 * 4 : 0;  // what blocks of four rows and four pairs cover
    for (int next = 0; next < rows; next += 4)
      for (int q = 0, r = next < rows - 4 ? next : rows - 4; q < blocks; q += 4) {  // the last block may overlap the one before
        const T* const block = a + size_t(r) * row_step + 2 * q;
        transpose_block<height>((float*)panel + q * height + r, four_pairs(block), four_pairs(block + row_step),
                                four_pairs(block + 2 * row_step), four_pairs(block + 3 * row_step));
      }
    for (int q = blocks; q < pairs; ++q)
      for (int r = 0; r < rows; ++r) {
        const T* const first = a + size_t(r) * row_step + size_t(2 * q) * column_step;
        panel[q * height + r] = pair(first[0], first[column_step]);
      }
  }
  if (k % 2)
    for (int r = 0; r < rows; ++r) panel[pairs * height + r] = upper(a[size_t(r) * row_step + size_t(k - 1) * column_step]) | behind;
}
// Of the rows [first, first + height) of a, as far as they are among its m.
template <int height>
void pack_panel(uint32_t* panel, const Bf16View& a, int first, int m, int k, uint32_t behind) {
  const int rows = m - first < height ? m - first : height;
  const size_t skipped = size_t(first) * a.row_step;
  if (a.in_16_bits) pack<height>(panel, (const uint16_t*)a.data + skipped, a.row_step, a.column_step, rows, k, behind);
  else pack<height>(panel, (const float*)a.data + skipped, a.row_step, a.column_step, rows, k, behind);
}

// out (height, 2 vectors), rows `step` floats apart = sums over the pairs of a column of a times a row of b, both packed; a panel of a has
// `down` rows.
template <class Vectors, int height>
WHOLE_VECTORS void multiply_tile(float* out, size_t step, const uint32_t* a, int down, const uint32_t* b, int pairs) {
  using Floats = typename Vectors::Floats;
  using Pairs = typename Vectors::Pairs;
  int first = 0;
  do {  // once, too, for the sum of no terms
    Floats sum[height][2] = {};
    const int last = pairs - first < pair_block ? pairs : first + pair_block;
    for (int q = first; q < last; ++q, a += down, b += 2 * Vectors::floats) {
      const Pairs* const row = (const Pairs*)b;
#pragma GCC unroll 16
      for (int r = 0; r < height; ++r)
#pragma GCC unroll 2
        for (int v = 0; v < 2; ++v) Vectors::dot(sum[r][v], Pairs{} + a[r], row[v]);
    }
#pragma GCC unroll 16
    for (int r = 0; r < height; ++r)
#pragma GCC unroll 2
      for (int v = 0; v < 2; ++v) {
        Floats* const to = (Floats*)(out + size_t(r) * step) + v;
        *to = first == 0 ? sum[r][v] : *to + sum[r][v];
      }
  } while ((first += pair_block) < pairs);
}

// c (columns) = finish(sum (columns)), a part of a row; sum is lost.
void finish_part(float* c, float* sum, const float* bias, const Finish& finish, int columns) {
  if (bias)
    for (int j = 0; j < columns; ++j) sum[j] += bias[j];
  if (finish.activation == Activation::relu)
    for (int j = 0; j < columns; ++j) sum[j] = sum[j] < 0.0f ? 0.0f : sum[j];
  if (finish.write == Write::accumulate)
    for (int j = 0; j < columns; ++j) sum[j] = c[j] + sum[j];
  std::memcpy(c, sum, size_t(columns) * sizeof *c);
}
void finish_part(uint16_t* c, float* sum, const float* bias, const Finish& finish, int columns) {
  float floats[64];  // as many as the widest tile has
  for (int j = 0; j < columns && finish.write == Write::accumulate; ++j) {
    const uint32_t bits = upper(c[j]);
    std::memcpy(floats + j, &bits, sizeof bits);
  }
  finish_part(floats, sum, bias, finish, columns);
  for (int j = 0; j < columns; ++j) c[j] = uint16_t(upper(floats[j]) >> 16);
}

// c (m, n) = finish(a (m, k) · b (k, n)).  room: for both when they are packed, aligned to 64 bytes (room_for in bf16_product.cpp).
template <class Vectors, int height>
void multiply_pairs(Bf16Result c, const Bf16View& a, const Bf16View& b, int m, int n, int k, const Finish& finish, uint32_t* room,
                    Meanwhile meanwhile) {
  constexpr int width = 2 * Vectors::floats;
  static_assert(width <= 64);
  alignas(64) float tile[height * width];
  const bool nothing_to_finish = !c.in_16_bits && !finish.bias && finish.activation == Activation::none && finish.write == Write::overwrite;
  const int pairs = (k + 1) / 2;
  uint32_t* const packed_b = room;
  uint32_t* const packed_a = room + size_t(pairs) * width;
  for (int i = 0; i < m; i += height) pack_panel<height>(packed_a + size_t(pairs) * size_t(i), a, i, m, k, 0x8000);
  for (int j = 0; j < n; j += width) {
    pack_panel<width>(packed_b, b.transposed(), j, n, k, 0);
    const int columns = n - j < width ? n - j : width;
    const float* const bias = finish.bias ? finish.bias + j : nullptr;
    for (int i = 0; i < m; i += height) {
      const size_t at = size_t(i) * size_t(n) + size_t(j);
      const uint32_t* const rows_of_a = packed_a + size_t(pairs) * size_t(i);
      const int rows = m - i < height ? m - i : height;
      const bool direct = nothing_to_finish && rows == height && columns == width;
      float* const out = direct ? (float*)c.data + at : tile;
      if (direct)  // c arrives from memory while the tile is computed
        for (int r = 0; r < rows; ++r) {
          __builtin_prefetch(out + size_t(r) * size_t(n), 1);
          __builtin_prefetch(out + size_t(r) * size_t(n) + width / 2, 1);
        }
      const size_t step = direct ? size_t(n) : size_t(width);
      if (rows > height / 3 * 2) multiply_tile<Vectors, height>(out, step, rows_of_a, height, packed_b, pairs);
      else if (rows > height / 3) multiply_tile<Vectors, height / 3 * 2>(out, step, rows_of_a, height, packed_b, pairs);
      else multiply_tile<Vectors, height / 3>(out, step, rows_of_a, height, packed_b, pairs);
      for (int r = 0; r < rows && !direct; ++r)
        if (c.in_16_bits) finish_part((uint16_t*)c.data + at + size_t(r) * size_t(n), tile + r * width, bias, finish, columns);
        else finish_part((float*)c.data + at + size_t(r) * size_t(n), tile + r * width, bias, finish, columns);
    }
    if (meanwhile.call) meanwhile.call(meanwhile.with);
  }
}

}  // namespace
