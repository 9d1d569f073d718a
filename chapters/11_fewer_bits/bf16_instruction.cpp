// The one file that is compiled for processors with AVX512_BF16, whatever the others are compiled for (see the Makefile). It is called only
// where the processor has that, and uses nothing that other files might take from it.
#include "chapters/11_fewer_bits/bf16_pairs.h"

#if defined(__AVX512BF16__)
#include <immintrin.h>

namespace {

struct Instruction {
  static constexpr int floats = 16;
  typedef float Floats __attribute__((vector_size(64), aligned(4), may_alias));
  typedef uint32_t Pairs __attribute__((vector_size(64), aligned(4), may_alias));
  static void dot(Floats& sum, const Pairs& a, const Pairs& b) { sum = (Floats)_mm512_dpbf16_ps((__m512)sum, (__m512bh)a, (__m512bh)b); }
};
constexpr int rows = 12;

}  // namespace

extern const int instruction_rows = rows, instruction_columns = 2 * Instruction::floats;

void multiply_by_instruction(Bf16Result c, const Bf16View& a, const Bf16View& b, int m, int n, int k, const Finish& finish, uint32_t* room,
                             Meanwhile meanwhile) {
  multiply_pairs<Instruction, rows>(c, a, b, m, n, k, finish, room, meanwhile);
}
#else
extern const int instruction_rows = 0, instruction_columns = 0;
void multiply_by_instruction(Bf16Result, const Bf16View&, const Bf16View&, int, int, int, const Finish&, uint32_t*, Meanwhile) {}
#endif
