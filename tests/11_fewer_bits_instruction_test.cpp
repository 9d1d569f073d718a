// The product by pairs of bf16: by the processor's instruction, where it has one, and by ordinary arithmetic that does what the
// instruction does. Both against chapter 01's product, bit for bit.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <fstream>

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

// A matrix as the product takes it: floats, or the same numbers in 16 bits.
struct Operand {
  Floats floats;
  std::vector<uint16_t> bits = std::vector<uint16_t>(floats.size());
  explicit Operand(Floats values) : floats(std::move(values)) {
    for (size_t i = 0; i < floats.size(); ++i) bits[i] = bf16_bits(floats[i]);
  }
  Bf16View view(bool in_16_bits, const MatrixView& like) const {
    return {in_16_bits ? (const void*)bits.data() : floats.data(), in_16_bits, like.row_step, like.column_step};
  }
};

// Products of many shapes, of which the last two have sums in several blocks, plain and transposed, with every end, and each matrix in
// floats or in 16 bits; range 70: many results are denormal, and zero. Operands in floats are not rounded yet.
void expect_chapter_01(PairsProduct& product) {
  MatmulWorkspace workspace;
  const FlushDenormals flush;
  for (const auto& [m, n, k] : {std::array{1, 1, 1}, {7, 13, 19}, {12, 32, 64}, {13, 33, 65}, {4, 16, 2}, {25, 70, 3}, {3, 5, 0}, {5, 40, 1025}, {13, 17, 512}, {6, 9, 8}})
    for (const int range : {3, 70}) {
      const Operand a(bf16_numbers(size_t(m * k), 1, range)), b(bf16_numbers(size_t(k * n), 2, range));
      const Floats bias = bf16_numbers(size_t(n), 3, 3);
      for (int variant = 0; variant < 128; ++variant) {
        const MatrixView left = variant & 1 ? row_major(a.floats.data(), m).transposed() : row_major(a.floats.data(), k);
        const MatrixView right = variant & 2 ? row_major(b.floats.data(), k).transposed() : row_major(b.floats.data(), n);
        const bool result_in_16_bits = variant & 32;
        Finish finish;
        if (variant & 4) finish = {.bias = bias.data(), .activation = Activation::relu, .write = Write::accumulate};
        if (variant & 64) finish.write = Write::accumulate;  // and nothing else, perhaps
        Floats expected(size_t(m * n), 0.25f), actual = expected;
        std::vector<uint16_t> bits(expected.size(), bf16_bits(0.25f));
        matmul_packed(expected.data(), left, right, m, n, k, finish, workspace);
        std::vector<uint32_t> room;  // just as long as this product asks for
        int turns = 0;
        const Bf16Result result{result_in_16_bits ? (void*)bits.data() : actual.data(), result_in_16_bits};
        product(result, a.view(variant & 8, left), b.view(variant & 16, right), m, n, k, finish, room, [&] { ++turns; });
        if (result_in_16_bits)
          for (size_t i = 0; i < bits.size(); ++i) actual[i] = bf16_value(bits[i]), expected[i] = bf16_value(bf16_bits(expected[i]));
        ASSERT_TRUE(same_bits(actual, expected)) << m << " x " << n << " x " << k << ", range " << range << ", variant " << variant;
        const int columns = &product == &matmul_bf16_instruction ? 32 : 16;
        ASSERT_EQ(turns, (n + columns - 1) / columns);  // messages under way move on
        if (columns == 16) { ASSERT_EQ(room.size(), size_t((k + 1) / 2 * ((m + 3) / 4 * 4 + 16) + 16)) << "rows of tiles and a panel in pairs, and a cache line"; }
      }
    }
}

// Floats are rounded when they are read: halves to even, a NaN stays one.
void expect_rounding(PairsProduct& product) {
  std::vector<uint32_t> room;
  const Floats a = {257, 259, 1.001f, 1e-3f, -257, 3.4e38f, 0x1.01p-3f, 5, 6, 7}, one = {1};
  for (const int rows : {1, 3, 10}) {
    Floats c(size_t(rows) * 1, 7.0f);
    product({c.data(), false}, {a.data(), false, 1, 1}, {one.data(), false, 1, 1}, rows, 1, 1, {}, room, {});
    for (int r = 0; r < rows; ++r) EXPECT_EQ(c[size_t(r)], bf16_value(bf16_bits(a[size_t(r)]))) << r;
  }
  const float low_nan = std::bit_cast<float>(0x7f800001u);  // its upper half alone would be an infinity
  float c = 7;
  product({&c, false}, {&low_nan, false, 1, 1}, {one.data(), false, 1, 1}, 1, 1, 1, {}, room, {});
  EXPECT_TRUE(std::isnan(c));
}
TEST(Pairs, AreRoundedWhereTheyAreRead) {
  expect_rounding(matmul_bf16_emulated);
  if (has_bf16_instruction()) expect_rounding(matmul_bf16_instruction);
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
    product({&c, false}, {a.data(), false, a.size(), 1}, {b.data(), false, 1, 1}, 1, 1, int(a.size()), {}, room, {});
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

TEST(Pairs, PayOnlyWhereTheInstructionIs) {
  const bool pays = bf16_instruction_pays();
  EXPECT_TRUE(has_bf16_instruction() || !pays);
  EXPECT_EQ(bf16_instruction_pays(), pays);  // found once
}

// A device forced either way.
TEST(Pairs, ADeviceHasTheSameBitsWithoutTheInstruction) {
  FewerBitsDevice with("bf16"), without("bf16", false), half("half");
  EXPECT_EQ(with.by_instruction(), has_bf16_instruction());
  EXPECT_FALSE(without.by_instruction());
  EXPECT_FALSE(half.by_instruction());
  const Floats x = test_floats(9 * 31, 1), w = test_floats(31 * 35, 2);
  Floats a(9 * 35), b(9 * 35);
  int turns = 0;
  with.meanwhile = without.meanwhile = [&] { ++turns; };
  with.linear_forward(a.data(), x.data(), w.data(), nullptr, Activation::relu, 9, 31, 35);
  EXPECT_EQ(turns, with.by_instruction() ? 2 : (35 + matmul_shape().tile_columns - 1) / matmul_shape().tile_columns);
  without.linear_forward(b.data(), x.data(), w.data(), nullptr, Activation::relu, 9, 31, 35);
  EXPECT_TRUE(same_bits(a, b));
}

// 64 MB twenty times: what a device gives back is there for others. In pages, of address space.
TEST(Device, GivesTheMemoryOfActivationsBack) {
  const auto pages = [] {
    long all = 0;
    std::ifstream("/proc/self/statm") >> all;
    return all;
  };
  FewerBitsDevice device("bf16");
  const size_t numbers = size_t{1} << 25;
  const long before = pages();
  for (int i = 0; i < 20; ++i) device.allocate_activations(numbers);
  EXPECT_LT(pages() - before, 10 * long(2 * numbers) / sysconf(_SC_PAGESIZE));
}

// Six numbers are in the place of three floats; what begins behind them is another one's.
TEST(Device, KnowsWhereAnActivationEnds) {
  FewerBitsDevice device("bf16");
  const Buffer<> six = device.allocate_activations(6);
  EXPECT_THROW(device.host_view(six.data() + 2, 1), std::logic_error);
  EXPECT_EQ(device.host_view(six.data() + 3, 0), six.data() + 3);
}

// Its object is compiled for processors that the others need not have. So nothing in it runs by itself (_GLOBAL__sub_), and nothing is there that
// the linker might take in place of another file's (V, W, u: weak).
TEST(Pairs, TheInstructionStaysInItsFile) {
  if (build_folder() != "build") GTEST_SKIP() << "skipped: a sanitizer adds symbols of its own";
  const ProgramRun symbols = run_program("nm build/lib/11_fewer_bits.a | awk '/^[^ ]*:$/ { here = /^bf16_instruction.o:/ } here'");
  EXPECT_TRUE(contains(symbols.output, "multiply_by_instruction"));
  for (const char* mark : {"_GLOBAL__sub_", " V ", " W ", " u "}) EXPECT_FALSE(contains(symbols.output, mark));
}

// A function that gives a vector back does so otherwise where a processor has none that wide, and a compiler warns of it.
TEST(Vectors, CompileWithoutAWordForAProcessorThatHasNone) {
#if defined(__x86_64__)
  const char* compiler = std::getenv("CXX");
  for (const char* file : {"01_serial/matmul_3_packed.cpp", "11_fewer_bits/bf16_product.cpp", "11_fewer_bits/bf16_instruction.cpp -mavx512f -mavx512bf16"}) {
    const ProgramRun run = run_program(std::string(compiler ? compiler : "c++") + " -std=c++20 -I. -Wall -Wextra -march=x86-64-v2 -fsyntax-only chapters/" + file);
    EXPECT_EQ(run.status, 0) << file;
    EXPECT_EQ(run.output, "") << file;
  }
#else
  GTEST_SKIP() << "skipped: no x86";
#endif
}

}  // namespace
