// What the three products share: the vectors of the processor, the size of a tile of c, and the end of every sum.
#pragma once

#include <algorithm>

#include "chapters/01_serial/matmul.h"

// The vector registers of the processor that we compile for, and how many: a tile must leave three of them free.
#if defined(__AVX512F__)
constexpr int vector_floats = 16, registers = 32;
#elif defined(__AVX__)
constexpr int vector_floats = 8, registers = 16;
#elif defined(__aarch64__)
constexpr int vector_floats = 4, registers = 32;
#else
constexpr int vector_floats = 4, registers = 16;
#endif
constexpr int tile_rows = registers == 32 ? 12 : 6;
constexpr int tile_columns = 2 * vector_floats;

// One vector register. Operators work on all floats of it at once; it may be loaded from any place in an array of floats.
typedef float Vector
    __attribute__((vector_size(vector_floats * sizeof(float)), aligned(sizeof(float)), may_alias));

// Before a kernel: not inlined, so that all registers are its own. And clang would split vectors of 512 bits on some processors.
#if defined(__clang__) && defined(__AVX512F__)
#define ALL_REGISTERS __attribute__((noinline, min_vector_width(512)))
#else
#define ALL_REGISTERS __attribute__((noinline))
#endif

// c (columns) = finish(sum (columns)), a part of one row of c; bias is that of these columns, or null.
inline void finish_row(float* c, const float* sum, const float* bias, const Finish& finish, int columns) {
  for (int j = 0; j < columns; ++j) {
    float value = bias ? sum[j] + bias[j] : sum[j];
    if (finish.activation == Activation::relu) value = std::max(value, 0.0f);
    c[j] = finish.write == Write::accumulate ? c[j] + value : value;
  }
}
