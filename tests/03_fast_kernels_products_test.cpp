// Chapter 03: every step of the matrix product computes what the CPU device does.
// orders: ascending shuffled
// more orders: descending
#include <gtest/gtest.h>

#include <array>
#include <iterator>
#include <set>

#include "chapters/03_fast_kernels/bf16.h"
#include "chapters/03_fast_kernels/block_order.h"
#include "chapters/03_fast_kernels/block_shape.h"
#include "chapters/03_fast_kernels/device_limits.h"
#include "chapters/03_fast_kernels/matmul_steps.h"
#include "tests/03_fast_test.h"

namespace {

using namespace device_operations;

// --- The products, one test per step ---------------------------------------------------------------------------------------

struct MatmulTest : FastTest, testing::WithParamInterface<fast::Step> {
  void SetUp() override {
    FastTest::SetUp();
    if (!device) return;
    if (!fast::can_run(GetParam())) GTEST_SKIP() << "skipped: this GPU is older than tf32 and bfloat16";
    device->set_matmul(GetParam().matmul);
  }
};

TEST_P(MatmulTest, IntegersAreExactAtEverySize) { expect_exact_products(*device, GetParam().edge); }
TEST_P(MatmulTest, CloseToTheCpu) {
  expect_close_products(*device, GetParam().edge, GetParam().input_rounding);
}
TEST_P(MatmulTest, ElementsDoNotDependOnTheirNeighbours) { expect_contract(*device, GetParam().edge); }

// Matrices that do not begin at a multiple of 16 bytes, as windows of a flat parameter vector do: no wide loads there.
TEST_P(MatmulTest, AnyAlignment) {
  CpuDevice cpu;
  const int m = 66, n = 68, k = 20;
  for (size_t shift : {1, 2, 3}) {
    auto product = [&](Device& d) {
      const Copied<> a(d, small_integers(shift + size_t(m) * k, 1)),
          b(d, small_integers(shift + size_t(k) * n, 2));
      const Copied<> c(d, Floats(shift + size_t(m) * n, 0.0f));
      d.linear_forward(c + shift, a + shift, b + shift, nullptr, Activation::none, m, k, n);
      return c.host();
    };
    expect_same(product(*device), product(cpu), "shifted by " + std::to_string(shift));
  }
}

// Rows whose lengths are multiples of four numbers, so that all of a matrix can be read as float4, and of no panel's depth or
// block's edge: what lies inside, what hangs over the edge by a group or more, and one product that lies inside as a whole.
TEST_P(MatmulTest, WideToTheEdge) {
  CpuDevice cpu;
  const int edge = GetParam().edge;
  for (Transposition t : transpositions)
    for (const auto& [m, n, k] : {std::array{edge + 4, edge + 12, 36}, {edge - 4, 2 * edge + 8, 52}, {edge + 8, edge - 8, 76}, {edge, 2 * edge, 64}})
      expect_exact_product(*device, cpu, {t, m, n, k});
}

// All that can become of an element, where four of a row are written at once and where they are not.
TEST_P(MatmulTest, WideRowsAreFinishedToo) {
  CpuDevice cpu;
  const int m = GetParam().edge + 3, k = 20;
  for (int n : {GetParam().edge + 4, GetParam().edge + 6})
    for (Write write : {Write::overwrite, Write::accumulate})
      for (Activation activation : {Activation::none, Activation::relu}) {
        if (GetParam().matmul == fast::matmul_coalesced && write == Write::accumulate) continue;  // see matmul.h
        Floats a = small_integers(size_t(m) * k, 1);
        a[1] = NAN;  // which must not become a 0
        const auto result = [&](Device& d) {
          const Copied<> on_a(d, a), on_b(d, small_integers(size_t(k) * size_t(n), 2)), bias(d, small_integers(size_t(n), 3)),
              c(d, small_integers(size_t(m) * size_t(n), 4));
          const Finish finish{bias, activation, write};
          if (&d == &cpu)
            cpu.matmul(c, row_major(on_a, k), row_major(on_b, n), m, n, k, finish);
          else
            device->matmul(c, row_major(on_a, k), row_major(on_b, n), m, n, k, finish);
          Floats all = c.host();
          for (int j = 0; j < n; ++j) {
            EXPECT_TRUE(std::isnan(all[size_t(j)])) << d.name() << ", column " << j;
            all[size_t(j)] = 0;
          }
          return all;
        };
        expect_same(result(*device), result(cpu), std::to_string(n) + " columns");
      }
}

TEST_P(MatmulTest, BiasAndActivation) { expect_bias_and_activation(*device); }

std::string test_name(const testing::TestParamInfo<fast::Step>& info) {
  std::string name = info.param.name;
  std::erase_if(name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); });
  return "Step" + name;
}
INSTANTIATE_TEST_SUITE_P(Steps, MatmulTest, testing::ValuesIn(fast::matmul_steps()), test_name);

// Steps 1 to 14 add the same products in the same order: they may differ in speed only.
TEST_F(FastTest, AllFloatStepsGiveTheSameBits) {
  const Product p{Transposition::none, 70, 65, 300};
  const Floats a = random_floats(p.a_size(), 1), b = random_floats(p.b_size(), 2);
  device->set_matmul(fast::matmul_naive);
  const Floats expected = p.result(*device, a, b);
  for (const fast::Step& step : fast::matmul_steps()) {
    if (step.input_rounding > 0) continue;
    device->set_matmul(step.matmul);
    expect_same(p.result(*device, a, b), expected, step.name);
  }
}

// Step 14 in its largest shape: so large that there are two of the largest blocks for each multiprocessor.
TEST_F(FastTest, WarpTileInLargeBlocks) {
  CpuDevice cpu;
  EXPECT_EQ(fast::multiprocessors(), device_limits().multiprocessors);
  int edge = 4;
  while (edge * edge < 2 * device_limits().multiprocessors) ++edge;
  for (const Product& p : {Product{Transposition::none, edge * 128 + 1, edge * 128 + 3, 17},
                           Product{Transposition::left, edge * 128 - 1, (edge + 2) * 128 + 1, 9}})
    expect_exact_product(*device, cpu, p);
}

// A block's shape, by hand: 128 x 512 elements are 4 blocks of 128 x 128, 16 of 64 x 64, 64 of 32 x 32.
TEST(BlockShape, TheLargestOfWhichThereAreTwoForEachMultiprocessor) {
  using fast::edge_of_block;
  for (const auto& [multiprocessors, edge] : {std::pair{1, 128}, {2, 128}, {3, 64}, {8, 64}, {9, 32}, {132, 32}})
    EXPECT_EQ(edge_of_block(128, 512, multiprocessors), edge) << multiprocessors;
  EXPECT_EQ(edge_of_block(129, 512, 4), 128) << "5 x 2 half-empty blocks are 8 blocks";
  EXPECT_EQ(edge_of_block(784, 512, 132), 32);      // 28 and 104
  EXPECT_EQ(edge_of_block(1024, 1088, 132), 64);    // 72 and 272
  EXPECT_EQ(edge_of_block(4096, 4096, 132), 128);   // 1024
  EXPECT_EQ(edge_of_block(1 << 30, 1 << 30, 132), 128);
  EXPECT_EQ(edge_of_block(1, 1, 1), 32);
}

// Every block of every grid has one place; and those that run at once on 132 multiprocessors want few panels.
TEST(BlockOrder, EveryPlaceOnceAndNeighboursTogether) {
  const auto places = [](unsigned rows, unsigned columns) {
    std::vector<std::pair<unsigned, unsigned>> all;
    for (unsigned y = 0; y < columns; ++y)
      for (unsigned x = 0; x < rows; ++x) {
        const fast::BlockPlace p = fast::block_in_bands(x, y, rows, columns);
        EXPECT_TRUE(p.row < rows && p.column < columns) << rows << " x " << columns;
        all.emplace_back(p.row, p.column);
      }
    return all;
  };
  for (unsigned rows : {1, 2, 15, 16, 17, 31, 32, 33, 50})
    for (unsigned columns : {1, 2, 3, 7, 16, 19}) {
      const auto all = places(rows, columns);
      EXPECT_EQ(std::set(all.begin(), all.end()).size(), size_t(rows) * columns) << rows << " x " << columns;
    }
  const auto all = places(64, 64);
  std::set<unsigned> rows, columns;
  for (size_t i = 0; i < 264; ++i) rows.insert(all[i].first), columns.insert(all[i].second);
  EXPECT_EQ(rows.size(), 16u);
  EXPECT_EQ(columns.size(), 17u);
  EXPECT_EQ(all[1], (std::pair{1u, 0u}));
  EXPECT_EQ(all[16], (std::pair{0u, 1u}));
  EXPECT_EQ(all[1024], (std::pair{16u, 0u}));
}

// More rows of blocks than a band has, and a lower band at the end.
TEST_F(FastTest, MoreThanABandOfBlocks) {
  CpuDevice cpu;
  for (const auto& [matmul, edge] : {std::pair{&fast::matmul_block_order, 128}, {&fast::matmul_medium_block, 64}, {&fast::matmul_small_block, 32}}) {
    device->set_matmul(matmul);
    expect_exact_product(*device, cpu, {Transposition::none, 17 * edge + 1, edge + 4, 3});
  }
}

// The tensor cores round to the bits that their formats have: 1 + 2^-10 is a tf32 and no bfloat16. 1 + 3 * 2^-12 lies
// between 1 and 1 + 2^-10, nearer to the latter: cut off instead of rounded it would become 1.
TEST_F(FastTest, TensorCoresRoundTheirInputs) {
  const struct {
    fast::Matmul* matmul;
    bool ampere;
    float input, expected;
  } cases[] = {
      {fast::matmul_tensor_tf32, true, 1 + 0x1p-10f, 1 + 0x1p-10f},
      {fast::matmul_tensor_tf32, true, 1 + 0x1p-12f, 1},
      {fast::matmul_tensor_tf32, true, 1 + 0x3p-12f, 1 + 0x1p-10f},
      {fast::matmul_tensor_bfloat16, true, 1 + 0x1p-7f, 1 + 0x1p-7f},
      {fast::matmul_tensor_bfloat16, true, 1 + 0x1p-10f, 1},
      {fast::matmul_tensor_stages, true, 1 + 0x1p-7f, 1 + 0x1p-7f},
      {fast::matmul_tensor_stages, true, 1 + 0x1p-8f, 1},                 // between two: to the even one
      {fast::matmul_tensor_stages, true, 1 + 0x3p-8f, 1 + 0x1p-6f},
      {fast::matmul_tensor_half, false, 1 + 0x1p-10f, 1 + 0x1p-10f},
      {fast::matmul_tensor_half, false, 1 + 0x1p-12f, 1},
  };
  for (const auto& c : cases) {
    if (!fast::can_run({.needs_ampere = c.ampere})) continue;
    device->set_matmul(c.matmul);
    EXPECT_EQ((Product{Transposition::none, 1, 1, 1}.result(*device, {c.input}, {1.0f})), Floats{c.expected})
        << c.input;
  }
}

// Step 16's operands: rounded, the other way round where they lie so, and with zeros up to whole panels.
TEST_F(FastTest, RoundedOperandsHaveZerosAtTheirEdges) {
  for (const auto& [rows, k] : {std::pair{1, 1}, {5, 33}, {128, 32}, {130, 70}})
    for (bool transposed : {false, true}) {
      const Floats values = random_floats(size_t(rows) * size_t(k), 1);
      const Copied<> from(*device, values);
      const size_t size = fast::rounded_size(rows, k), length = size_t(fast::padded(k, 32));
      ASSERT_EQ(size, length * (rows <= 128 ? 128 : 256));
      const Buffer<fast::Bf16> to(*device, size, Purpose::workspace);
      fast::round_to_bf16(to, transposed ? row_major(from, rows).transposed() : row_major(from, k), rows, k, device->stream());
      std::vector<fast::Bf16> host(size);
      device->copy_out(host.data(), to.data(), size);
      for (size_t i = 0; i < size; ++i) {
        const size_t row = i / length, p = i % length;
        const bool inside = row < size_t(rows) && p < size_t(k);
        const float exact = inside ? values[transposed ? p * size_t(rows) + row : row * size_t(k) + p] : 0.0f;
        const uint32_t bits = uint32_t(host[i]) << 16;
        float value;
        std::memcpy(&value, &bits, sizeof value);
        ASSERT_NEAR(value, exact, std::abs(exact) * 0x1p-8f) << rows << " x " << k << ", row " << row << ", number " << p;
      }
    }
}

// More panels than there are stages, fewer, and none.
TEST_F(FastTest, StagesForAnyNumberOfPanels) {
  if (!fast::can_run({.needs_ampere = true})) GTEST_SKIP() << "skipped: this GPU is older than bfloat16";
  CpuDevice cpu;
  device->set_matmul(fast::matmul_tensor_stages);
  for (int k : {0, 1, 31, 32, 33, 64, 96, 97, 161, 224}) expect_exact_product(*device, cpu, {Transposition::none, 9, 11, k});
}

// The list in the order of the text; what the benchmark prints and what the tests allow is told from it.
TEST(MatmulSteps, AreThoseOfTheText) {
  using namespace fast;
  const Step expected[] = {{"1 naive", matmul_naive, 32},
                           {"2 coalesced", matmul_coalesced, 32},
                           {"3 shared tile", matmul_shared_tile, 16},
                           {"4 register tile", matmul_register_tile, 64},
                           {"5 panels", matmul_panels, 64},
                           {"6 wide loads", matmul_wide_loads, 64},
                           {"7 double buffer", matmul_double_buffer, 64},
                           {"8 warp tile", matmul_warp_tile, 64},
                           {"9 large block", matmul_large_block, 128},
                           {"10 unrolled", matmul_unrolled, 128},
                           {"11 inner panels", matmul_inner_panels, 128},
                           {"12 wide stores", matmul_wide_stores, 128},
                           {"13 block order", matmul_block_order, 128},
                           {"14 in 64 x 64", matmul_medium_block, 64},
                           {"14 in 32 x 32", matmul_small_block, 32},
                           {"14 three shapes", matmul_three_shapes, 64},
                           {"15 tensor cores, tf32", matmul_tensor_tf32, 64, 1.0 / 2048, true},
                           {"15 tensor cores, bfloat16", matmul_tensor_bfloat16, 64, 1.0 / 512, true},
                           {"15 tensor cores, half", matmul_tensor_half, 64, 1.0 / 2048, false},
                           {"16 tensor cores, stages", matmul_tensor_stages, 128, 1.0 / 512, true}};
  ASSERT_EQ(fast::matmul_steps().size(), std::size(expected));
  for (size_t i = 0; i < std::size(expected); ++i) {
    const Step &step = fast::matmul_steps()[i], &e = expected[i];
    EXPECT_EQ(std::string(step.name), e.name);
    EXPECT_TRUE(step.matmul == e.matmul && step.edge == e.edge && step.input_rounding == e.input_rounding && step.needs_ampere == e.needs_ampere) << e.name;
  }
}

}  // namespace
