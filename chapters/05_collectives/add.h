// The arithmetic of every reduction in this chapter.
#pragma once

#include <algorithm>
#include <cstddef>

// sum (n) = a (n) + b (n), element by element. sum may be a or b; otherwise they must not overlap.
// Floating-point addition is commutative: a + b and b + a have the same bits. It is not associative, which is why
// the collectives say in which order they add.
inline void add(float* sum, const float* a, const float* b, size_t n) {
// sum == a is allowed: it makes no element depend on another, but the compiler cannot know.
#ifdef __clang__
#pragma clang loop vectorize(assume_safety)
#else
#pragma GCC ivdep
#endif
  for (size_t i = 0; i < n; ++i) sum[i] = a[i] + b[i];
}

// sum (n) = ((x0 + x1) + x2) + ... over `ranks` operands (n) each, operand(r) -> const float*. sum may be any one of
// the operands. In pieces that stay in the first cache, so that a partial sum does not travel to memory.
template <class Operand>
void add_in_rank_order(float* sum, Operand operand, size_t n, int ranks) {
  if (ranks == 1) {
    if (sum != operand(0)) std::copy_n(operand(0), n, sum);
    return;
  }
  constexpr size_t piece = 2048;
  float partial[piece];
  for (size_t begin = 0; begin < n; begin += piece) {
    const size_t length = std::min(piece, n - begin);
    add(partial, operand(0) + begin, operand(1) + begin, length);
    for (int r = 2; r < ranks; ++r) add(partial, partial, operand(r) + begin, length);
    std::copy_n(partial, length, sum + begin);
  }
}
