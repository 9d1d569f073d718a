// The product by pairs of bf16: by the processor's instruction, where it has one, and by ordinary arithmetic that does what the
// instruction does. Both against chapter 01's product, bit for bit.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "chapters/11_fewer_bits/bf16_product.h"
#include "chapters/11_fewer_bits/fewer_bits_device.h"
#include "chapters/11_fewer_bits/flush_denormals.h"
#include "common/philox.h"
#include "tests/program.h"
#include "tests/walled_new.h"

namespace {

using Floats = std::vector<float>;

// Numbers of bf16: between -1 and 1, times two to the power of an exponent between -range and 0.
Floats bf16_numbers(size_t n, uint32_t group, int range) {
  Floats values(n);
  for (size_t i = 0; i < n; ++i) {
    const Philox4 words = random_words(9, RandomStream::test, group, i);
    values[i] = bf16_value(bf16_bits(std::ldexp(2 * uniform(words[0]) - 1, -int(words[1] % uint32_t(range + 1)))));
  }
  return values;
}

bool same_bits(const Floats& a, const Floats& b) { return std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0; }

// Products of many shapes, of which the last two have sums in several blocks, plain and transposed, with every end; range 70: many results are
// denormal, and zero.
void expect_chapter_01(PairsProduct& product) {
  MatmulWorkspace workspace;
  const FlushDenormals flush;
  for (const auto& [m, n, k] : {std::array{1, 1, 1}, {7, 13, 19}, {12, 32, 64}, {13, 33, 65}, {4, 16, 2}, {25, 70, 3}, {3, 5, 0}, {5, 40, 1025}, {13, 17, 512}})
    for (const int range : {3, 70})
      for (int variant = 0; variant < 8; ++variant) {
        const Floats a = bf16_numbers(size_t(m * k), 1, range), b = bf16_numbers(size_t(k * n), 2, range), bias = bf16_numbers(size_t(n), 3, 3);
        const MatrixView left = variant & 1 ? row_major(a.data(), m).transposed() : row_major(a.data(), k);
        const MatrixView right = variant & 2 ? row_major(b.data(), k).transposed() : row_major(b.data(), n);
        Finish finish;
        if (variant & 4) finish = {.bias = bias.data(), .activation = Activation::relu, .write = Write::accumulate};
        Floats expected(size_t(m * n), 0.25f), actual = expected;
        matmul_packed(expected.data(), left, right, m, n, k, finish, workspace);
        std::vector<uint32_t> room;  // just as long as this product asks for
        product(actual.data(), left, right, m, n, k, finish, room);
        ASSERT_TRUE(same_bits(actual, expected)) << m << " x " << n << " x " << k << ", range " << range << ", variant " << variant;
      }
}

TEST(Pairs, InOrdinaryArithmeticHaveTheBitsOfChapter01) { expect_chapter_01(matmul_bf16_emulated); }

TEST(Pairs, ByTheInstructionHaveTheBitsOfChapter01) {
  if (!has_bf16_instruction()) GTEST_SKIP() << "skipped: no vdpbf16ps";
  expect_chapter_01(matmul_bf16_instruction);
}

// The high half is added first, each addition rounded, and a denormal is zero: by hand, term by term.
void expect_order(PairsProduct& product) {
  std::vector<uint32_t> room;
  const FlushDenormals flush;
  const auto sum = [&](const Floats& a, const Floats& b) {
    float c = 7;
    product(&c, row_major(a.data(), int(a.size())), row_major(b.data(), 1), 1, 1, int(a.size()), {}, room);
    return c;
  };
  EXPECT_EQ(sum({0x1p24f, 1, 1}, {1, 1, 1}), 0x1p24f);             // 2^24 + 1 is halfway, and even; twice
  EXPECT_EQ(sum({1, 1, 0x1p24f}, {1, 1, 1}), 0x1p24f + 2);         // 2 first
  EXPECT_EQ(sum({0x1p60f, 1, -0x1p60f, 1}, {1, 1, 1, 1}), 1.0f);   // the first 1 is lost, the second is not
  EXPECT_EQ(sum({1, -1, 0x1p60f, 1}, {0x1p60f, 0x1p60f, 0, 1}), 1.0f);
  EXPECT_EQ(sum({0x1p-70f, 0x1p-70f}, {0x1p-60f, 0x1p-60f}), 0.0f);  // two denormals, whose sum would be one
  const float zero = sum({-0x1p-70f}, {0x1p-70f});                   // what follows the last term keeps the sign of this zero
  EXPECT_TRUE(zero == 0 && std::signbit(zero));
}
TEST(Pairs, AddTheHighHalfFirst) {
  expect_order(matmul_bf16_emulated);
  if (has_bf16_instruction()) expect_order(matmul_bf16_instruction);
}

// A device forced either way.
TEST(Pairs, ADeviceHasTheSameBitsWithoutTheInstruction) {
  FewerBitsDevice with("bf16"), without("bf16", false), half("half");
  EXPECT_EQ(with.by_instruction(), has_bf16_instruction());
  EXPECT_FALSE(without.by_instruction());
  EXPECT_FALSE(half.by_instruction());
  const Floats x = test_floats(9 * 31, 1), w = test_floats(31 * 35, 2);
  Floats a(9 * 35), b(9 * 35);
  with.linear_forward(a.data(), x.data(), w.data(), nullptr, Activation::relu, 9, 31, 35);
  without.linear_forward(b.data(), x.data(), w.data(), nullptr, Activation::relu, 9, 31, 35);
  EXPECT_TRUE(same_bits(a, b));
}

// Its object is compiled for processors that the others need not have. So nothing in it runs by itself (_GLOBAL__sub_), and nothing is there that
// the linker might take in place of another file's (V, W, u: weak).
TEST(Pairs, TheInstructionStaysInItsFile) {
  if (build_folder() != "build") GTEST_SKIP() << "skipped: a sanitizer adds symbols of its own";
  const ProgramRun symbols = run_program("nm build/lib/11_fewer_bits.a | awk '/^[^ ]*:$/ { here = /^bf16_instruction.o:/ } here'");
  EXPECT_TRUE(contains(symbols.output, "multiply_by_instruction"));
  for (const char* mark : {"_GLOBAL__sub_", " V ", " W ", " u "}) EXPECT_FALSE(contains(symbols.output, mark));
}

}  // namespace
