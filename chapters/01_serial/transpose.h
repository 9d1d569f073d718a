// A block of 4 x 4 numbers of 32 bits, transposed in vector registers: for products that pack their operands.
#pragma once

#include <cstddef>

namespace {

typedef float Four __attribute__((vector_size(16), aligned(sizeof(float)), may_alias));

// Four of the eight floats of a and b, which are numbered 0 to 7: one instruction.
template <int i, int j, int k, int l>
Four pick(Four a, Four b) {
#if __has_builtin(__builtin_shufflevector)
  return __builtin_shufflevector(a, b, i, j, k, l);
#else  // g++ 11
  typedef int FourInt __attribute__((vector_size(16)));
  return __builtin_shuffle(a, b, FourInt{i, j, k, l});
#endif
}

// out[4 * height], rows `height` apart = the transpose of the block with the rows r0, r1, r2, r3.
template <int height>
void transpose_block(float* out, Four r0, Four r1, Four r2, Four r3) {
  const Four low01 = pick<0, 4, 1, 5>(r0, r1), high01 = pick<2, 6, 3, 7>(r0, r1);
  const Four low23 = pick<0, 4, 1, 5>(r2, r3), high23 = pick<2, 6, 3, 7>(r2, r3);
  *(Four*)out = pick<0, 1, 4, 5>(low01, low23);
  *(Four*)(out + height) = pick<2, 3, 6, 7>(low01, low23);
  *(Four*)(out + 2 * height) = pick<0, 1, 4, 5>(high01, high23);
  *(Four*)(out + 3 * height) = pick<2, 3, 6, 7>(high01, high23);
}

}  // namespace
