// What chapter 01 claims of the CPU device: each of its operations, and the arithmetic contract bit by bit.
#include <gtest/gtest.h>

#include <malloc.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "chapters/01_serial/cpu_device.h"
#include "common/compare.h"
#include "common/philox.h"
#include "tests/walled_new.h"

namespace {

const std::vector<int> sizes_to_try = {1, 3, 7, 13, 65};

// Whole numbers from -8 to 8: sums of up to 2^17 products of them are exact in a float, in any order.
std::vector<float> small_integers(size_t n, uint32_t group = 0) {
  std::vector<float> values(n);
  for (size_t i = 0; i < n; ++i) values[i] = float(random_words(1, RandomStream::test, group, i)[0] % 17) - 8;
  return values;
}

// --- Operations with closed forms ------------------------------------------------------------------------------------

struct Product {
  int m, n, k;
};

// Whatever the kernel's tile, some of these sizes lie just below, on and above its edges.
std::vector<Product> products_to_try() {
  std::vector<Product> all;
  const MatmulShape tile = matmul_shape();
  for (int m : {1, 3, 7, tile.tile_rows - 1, tile.tile_rows, tile.tile_rows + 1, 2 * tile.tile_rows + 1, 65})
    for (int n : {1, 10, 13, tile.tile_columns / 2, tile.tile_columns - 1, tile.tile_columns,
                  tile.tile_columns + 1, 130})
      for (int k : {0, 1, 3, 65, 512, 513, 1100}) all.push_back({m, n, k});
  return all;
}

// A product of any of the three transpositions: the same numbers, read in another way.
struct Operands {
  std::vector<float> a, b, a_transposed, b_transposed;
  MatrixView left[2], right[2];
  Operands(std::vector<float> a_values, std::vector<float> b_values, int m, int n, int k)
      : a(std::move(a_values)), b(std::move(b_values)), a_transposed(a.size()), b_transposed(b.size()) {
    for (int i = 0; i < m; ++i)
      for (int p = 0; p < k; ++p) a_transposed[size_t(p * m + i)] = a[size_t(i * k + p)];
    for (int p = 0; p < k; ++p)
      for (int j = 0; j < n; ++j) b_transposed[size_t(j * k + p)] = b[size_t(p * n + j)];
    left[0] = row_major(a.data(), k), left[1] = row_major(a_transposed.data(), m).transposed();
    right[0] = row_major(b.data(), n), right[1] = row_major(b_transposed.data(), k).transposed();
  }
};

TEST(Matmul, EveryStepIsExactOnSmallIntegers) {
  MatmulWorkspace workspace;
  for (const auto [m, n, k] : products_to_try()) {
    const Operands o(small_integers(size_t(m) * size_t(k), 1), small_integers(size_t(k) * size_t(n), 2), m, n, k);
    const std::vector<float> bias = small_integers(size_t(n), 3),
                             old = small_integers(size_t(m) * size_t(n), 4);
    std::vector<float> expected(size_t(m) * size_t(n));
    for (int i = 0; i < m; ++i)
      for (int j = 0; j < n; ++j) {
        double sum = bias[size_t(j)];
        for (int p = 0; p < k; ++p) sum += double(o.a[size_t(i * k + p)]) * double(o.b[size_t(p * n + j)]);
        expected[size_t(i * n + j)] = float(std::max(sum, 0.0)) + old[size_t(i * n + j)];
      }
    const Finish finish{.bias = bias.data(), .activation = Activation::relu, .write = Write::accumulate};
    for (const MatmulStep& step : matmul_steps)
      for (int turned = 0; turned < 4; ++turned) {
        std::vector<float> c = old;
        step.matmul(c.data(), o.left[turned & 1], o.right[turned / 2], m, n, k, finish, workspace);
        ASSERT_EQ(c, expected) << step.name << ", " << m << " x " << n << " x " << k << ", transposed: " << turned;
      }
  }
}

// Numbers between two walls. Whoever reads beside an input has a sum that is not a number; whoever writes beside an output is seen.
constexpr float input_wall = NAN, output_wall = 12345;
struct Walled {
  static constexpr size_t wall = 40;
  float brick;
  std::vector<float> memory;
  size_t n;
  Walled(const std::vector<float>& values, float brick) : brick(brick), memory(2 * wall + values.size(), brick), n(values.size()) {
    std::copy(values.begin(), values.end(), data());
  }
  float* data() { return memory.data() + wall; }
  std::vector<float> values() { return {data(), data() + n}; }
  bool intact() const {
    const auto untouched = [this](float x) { return std::memcmp(&x, &brick, sizeof x) == 0; };
    return std::all_of(memory.begin(), memory.begin() + wall, untouched) && std::all_of(memory.end() - wall, memory.end(), untouched);
  }
};

// Every way to finish a product, alone and together, where whole tiles are written to c itself and where they are not.
TEST(Matmul, EveryFinishStaysBetweenTheWalls) {
  const MatmulShape tile = matmul_shape();
  for (int m : {1, tile.tile_rows, 2 * tile.tile_rows + 1})
    for (int n : {1, tile.tile_columns, tile.tile_columns + 1})
      for (int k : {0, 5}) {
        const Operands o(small_integers(size_t(m * k), 1), small_integers(size_t(k * n), 2), m, n, k);
        Walled a(o.a, input_wall), b(o.b, input_wall), a_transposed(o.a_transposed, input_wall), b_transposed(o.b_transposed, input_wall),
            bias(small_integers(size_t(n), 3), input_wall);
        const std::vector<float> old = small_integers(size_t(m * n), 4);
        for (int finish = 0; finish < 8; ++finish)
          for (const MatmulStep& step : matmul_steps)
            for (int turned = 0; turned < 4; ++turned) {
              std::vector<float> expected = old;
              for (int i = 0; i < m; ++i)
                for (int j = 0; j < n; ++j) {
                  float sum = (finish & 1) != 0 ? bias.data()[j] : 0;
                  for (int p = 0; p < k; ++p) sum += o.a[size_t(i * k + p)] * o.b[size_t(p * n + j)];
                  if ((finish & 2) != 0 && sum < 0) sum = 0;
                  expected[size_t(i * n + j)] = (finish & 4) != 0 ? expected[size_t(i * n + j)] + sum : sum;
                }
              Walled c(old, output_wall);
              MatmulWorkspace workspace;  // just as long as this product asks for
              const MatrixView left = (turned & 1) == 0 ? row_major(a.data(), k) : row_major(a_transposed.data(), m).transposed();
              const MatrixView right = turned / 2 == 0 ? row_major(b.data(), n) : row_major(b_transposed.data(), k).transposed();
              step.matmul(c.data(), left, right, m, n, k,
                          {.bias = (finish & 1) != 0 ? bias.data() : nullptr,
                           .activation = (finish & 2) != 0 ? Activation::relu : Activation::none,
                           .write = (finish & 4) != 0 ? Write::accumulate : Write::overwrite},
                          workspace);
              ASSERT_TRUE(c.intact() && c.values() == expected)
                  << step.name << ", " << m << " x " << n << " x " << k << ", transposed: " << turned << ", finish " << finish;
            }
      }
}

TEST(Matmul, TransposedViewsGiveTheSameBits) {
  MatmulWorkspace workspace;
  for (const auto [m, n, k] : products_to_try()) {
    const Operands o(test_floats(size_t(m) * size_t(k), 1), test_floats(size_t(k) * size_t(n), 2), m, n, k);
    std::vector<float> direct(size_t(m) * size_t(n), NAN), turned = direct;
    matmul_packed(direct.data(), o.left[0], o.right[0], m, n, k, {}, workspace);
    matmul_packed(turned.data(), o.left[1], o.right[1], m, n, k, {}, workspace);
    ASSERT_TRUE(compare(turned, direct).same_bits()) << m << " x " << n << " x " << k;
  }
}

// Steps 2 and 3 have the same chain of operations as long as the sum is one block (of 512 terms).
TEST(Matmul, TileAndPackedHaveTheSameBitsWithinABlock) {
  MatmulWorkspace workspace;
  for (const auto [m, n, k] : products_to_try()) {
    if (k > 512) continue;
    const Operands o(test_floats(size_t(m) * size_t(k), 1), test_floats(size_t(k) * size_t(n), 2), m, n, k);
    std::vector<float> packed(size_t(m) * size_t(n), NAN), tile = packed;
    matmul_packed(packed.data(), o.left[0], o.right[0], m, n, k, {}, workspace);
    for (int turned = 0; turned < 4; ++turned) {
      matmul_register_tile(tile.data(), o.left[turned & 1], o.right[turned / 2], m, n, k, {}, workspace);
      ASSERT_TRUE(compare(tile, packed).same_bits()) << m << " x " << n << " x " << k << ", transposed: " << turned;
    }
  }
}

// The loops add in the same order, but not in blocks: the steps differ by rounding, at most about 2^-24 * sqrt(k) of
// the sum of absolute values (k <= 784, so 1e-5 leaves a factor of ten).
TEST(Matmul, EveryStepAgreesWithThreeLoops) {
  MatmulWorkspace workspace;
  const int m = 128, n = 130, k = 784;
  const Operands o(test_floats(size_t(m * k), 1), test_floats(size_t(k * n), 2), m, n, k);
  std::vector<float> loops(size_t(m * n));
  matmul_loops(loops.data(), o.left[0], o.right[0], m, n, k, {}, workspace);
  for (const MatmulStep& step : matmul_steps) {
    std::vector<float> c(size_t(m * n), NAN);
    step.matmul(c.data(), o.left[0], o.right[0], m, n, k, {}, workspace);
    EXPECT_LE(compare(c, loops).relative, 1e-5) << step.name;
  }
}

TEST(Device, LinearLayerOnSmallIntegersIsExact) {
  CpuDevice device;
  for (int rows : sizes_to_try)
    for (int in : sizes_to_try)
      for (int out : sizes_to_try) {
        const size_t R = size_t(rows), I = size_t(in), O = size_t(out);
        const auto x = small_integers(R * I, 1), w = small_integers(I * O, 2), b = small_integers(O, 3),
                   dy = small_integers(R * O, 4);
        std::vector<float> y(R * O), dw(I * O), db(O), dx(R * I);
        device.linear_forward(y.data(), x.data(), w.data(), b.data(), Activation::none, rows, in, out);
        device.linear_backward_weights(dw.data(), x.data(), dy.data(), Write::overwrite, rows, in, out);
        device.linear_backward_bias(db.data(), dy.data(), Write::overwrite, rows, out);
        device.linear_backward_input(dx.data(), dy.data(), w.data(), Write::overwrite, rows, in, out);
        std::vector<float> y_(R * O), dw_(I * O), db_(O), dx_(R * I);
        for (size_t r = 0; r < R; ++r)
          for (size_t o = 0; o < O; ++o) {
            y_[r * O + o] += b[o];
            db_[o] += dy[r * O + o];
            for (size_t i = 0; i < I; ++i) {
              y_[r * O + o] += x[r * I + i] * w[i * O + o];
              dw_[i * O + o] += x[r * I + i] * dy[r * O + o];
              dx_[r * I + i] += dy[r * O + o] * w[i * O + o];
            }
          }
        ASSERT_EQ(y, y_);
        ASSERT_EQ(dw, dw_);
        ASSERT_EQ(db, db_);
        ASSERT_EQ(dx, dx_);
      }
}

TEST(Device, ReluAndItsMask) {
  CpuDevice device;
  const std::vector<float> w = {1}, b = {0}, x = {-2, -0.0f, 0, 3};
  std::vector<float> y(4), dy = {5, 6, 7, 8};
  device.linear_forward(y.data(), x.data(), w.data(), b.data(), Activation::relu, 4, 1, 1);
  EXPECT_EQ(y, (std::vector<float>{0, 0, 0, 3}));
  device.relu_backward(dy.data(), y.data(), 4);
  EXPECT_EQ(dy, (std::vector<float>{0, 0, 0, 8})) << "the gradient at 0 is 0";
}

TEST(Device, AddBiasIsTheEndOfLinearForward) {
  CpuDevice device;
  const int rows = 13, in = 65, out = 37;
  const auto x = test_floats(size_t(rows * in), 1), w = test_floats(size_t(in * out), 2),
             b = test_floats(size_t(out), 3);
  std::vector<float> fused(size_t(rows * out)), parts(size_t(rows * out));
  device.linear_forward(fused.data(), x.data(), w.data(), b.data(), Activation::relu, rows, in, out);
  device.linear_forward(parts.data(), x.data(), w.data(), nullptr, Activation::none, rows, in, out);
  device.add_bias(parts.data(), b.data(), Activation::relu, rows, out);
  EXPECT_TRUE(compare(parts, fused).same_bits());
  std::vector<float> y = {-3, 2, -1, 5};
  device.add_bias(y.data(), std::vector<float>{1, -4}.data(), Activation::none, 2, 2);
  EXPECT_EQ(y, (std::vector<float>{-2, -2, 0, 1}));
}

TEST(Device, SoftmaxCrossEntropyOfEqualLogits) {
  CpuDevice device;
  const int rows = 3, classes = 4;
  const std::vector<float> z(12, 5.0f);
  const std::vector<int> labels = {0, 3, 1};
  std::vector<float> loss(3), dz(12);
  device.softmax_cross_entropy(loss.data(), dz.data(), z.data(), labels.data(), 0.5f, rows, classes);
  for (int r = 0; r < rows; ++r) {
    EXPECT_FLOAT_EQ(loss[size_t(r)], std::log(4.0f));
    for (int j = 0; j < classes; ++j)
      EXPECT_EQ(dz[size_t(r * classes + j)], 0.5f * (0.25f - (j == labels[size_t(r)] ? 1.0f : 0.0f)));
  }
}

TEST(Device, SoftmaxDoesNotOverflowOrVanish) {
  CpuDevice device;
  const std::vector<float> z = {3e38f, -3e38f, 0, 1000, 1000, -1000};
  const std::vector<int> labels = {0, 1};
  std::vector<float> loss(2), dz(6);
  device.softmax_cross_entropy(loss.data(), dz.data(), z.data(), labels.data(), 1, 2, 3);
  EXPECT_EQ(loss[0], 0.0f);
  EXPECT_FLOAT_EQ(loss[1], std::log(2.0f));
  EXPECT_EQ(dz, (std::vector<float>{0, 0, 0, 0.5f, -0.5f, 0}));
  const std::vector<float> low = {-1000, -1000, -3e38f};  // far below zero, all of them
  device.softmax_cross_entropy(loss.data(), dz.data(), low.data(), labels.data(), 1, 1, 3);
  EXPECT_FLOAT_EQ(loss[0], std::log(2.0f));
  EXPECT_EQ(std::vector<float>(dz.begin(), dz.begin() + 3), (std::vector<float>{-0.5f, 0.5f, 0}));
}

// Classes split at every place, as chapter 09 will: the parts combine to the whole.
TEST(Device, SoftmaxInThreeStepsOverSplitClasses) {
  CpuDevice device;
  const int rows = 7, classes = 10;
  const std::vector<float> z = test_floats(rows * classes, 1);
  std::vector<int> labels(rows);
  for (int r = 0; r < rows; ++r) labels[size_t(r)] = (3 * r) % classes;
  std::vector<float> loss(rows), dz(rows * classes);
  device.softmax_cross_entropy(loss.data(), dz.data(), z.data(), labels.data(), 0.25f, rows, classes);

  for (int cut = 0; cut <= classes; ++cut) {
    std::vector<float> part[2], part_max[2], part_sum[2], part_loss[2], part_dz[2];
    const int width[2] = {cut, classes - cut}, first[2] = {0, cut};
    std::vector<float> maximum(rows, -INFINITY), sum(rows, 0);
    for (int p = 0; p < 2; ++p) {
      for (int r = 0; r < rows; ++r)
        part[p].insert(part[p].end(), z.begin() + r * classes + first[p],
                       z.begin() + r * classes + first[p] + width[p]);
      part_max[p].resize(rows), part_sum[p].resize(rows), part_loss[p].resize(rows),
          part_dz[p].resize(part[p].size());
      device.row_max(part_max[p].data(), part[p].data(), rows, width[p]);
      for (size_t r = 0; r < rows; ++r) maximum[r] = std::max(maximum[r], part_max[p][r]);
    }
    for (int p = 0; p < 2; ++p) {
      device.row_exp_sum(part_sum[p].data(), part[p].data(), maximum.data(), rows, width[p]);
      for (size_t r = 0; r < rows; ++r) sum[r] += part_sum[p][r];
    }
    std::vector<float> joined_loss(rows, 0), joined_dz(rows * classes);
    for (int p = 0; p < 2; ++p) {
      device.softmax_finish(part_loss[p].data(), part_dz[p].data(), part[p].data(), maximum.data(),
                            sum.data(), labels.data(), 0.25f, rows, width[p], first[p]);
      for (size_t r = 0; r < rows; ++r) joined_loss[r] += part_loss[p][r];
      for (int r = 0; r < rows; ++r)
        std::copy_n(part_dz[p].begin() + r * width[p], width[p], joined_dz.begin() + r * classes + first[p]);
    }
    // The sum over classes is taken in another order: a few units in the last place.
    EXPECT_LE(compare(joined_loss, loss).max_abs, 1e-6) << "cut at " << cut;
    EXPECT_LE(compare(joined_dz, dz).max_abs, 1e-7) << "cut at " << cut;
    if (cut == 0 || cut == classes) {
      EXPECT_TRUE(compare(joined_dz, dz).same_bits()) << "one part is empty";
    }
  }
}

TEST(Device, VectorOperations) {
  CpuDevice device;
  std::vector<float> y = {1, 2, 3};
  const std::vector<float> x = {10, 20, 30};
  device.add(y.data(), x.data(), 3);
  EXPECT_EQ(y, (std::vector<float>{11, 22, 33}));
  device.scale(y.data(), 2, 3);
  EXPECT_EQ(y, (std::vector<float>{22, 44, 66}));
  device.copy(y.data(), x.data(), 2);
  EXPECT_EQ(y, (std::vector<float>{10, 20, 66}));
  device.fill(y.data() + 1, 7, 2);
  EXPECT_EQ(y, (std::vector<float>{10, 7, 7}));
}

// Each operation on vectors between walls: it writes its output and nothing else, and reads nothing beside its inputs.
TEST(Device, OperationsStayBetweenTheWalls) {
  CpuDevice device;
  const int rows = 3, in = 5, out = 4;
  const auto numbers = [](int n, uint32_t group, float brick) { return Walled(small_integers(size_t(n), group), brick); };
  const auto finite = [](Walled& w) {
    const std::vector<float> v = w.values();
    return w.intact() && std::all_of(v.begin(), v.end(), [](float x) { return std::isfinite(x); });
  };
  Walled x = numbers(rows * in, 1, input_wall), w = numbers(in * out, 2, input_wall), b = numbers(out, 3, input_wall);
  Walled dy = numbers(rows * out, 4, input_wall), y = numbers(rows * out, 5, output_wall);
  for (Write write : {Write::overwrite, Write::accumulate}) {
    Walled dw = numbers(in * out, 6, output_wall), db = numbers(out, 7, output_wall), dx = numbers(rows * in, 8, output_wall);
    device.linear_backward_weights(dw.data(), x.data(), dy.data(), write, rows, in, out);
    device.linear_backward_bias(db.data(), dy.data(), write, rows, out);
    device.linear_backward_input(dx.data(), dy.data(), w.data(), write, rows, in, out);
    EXPECT_TRUE(finite(dw) && finite(db) && finite(dx));
  }
  device.linear_forward(y.data(), x.data(), w.data(), b.data(), Activation::relu, rows, in, out);
  EXPECT_TRUE(finite(y));
  for (Activation activation : {Activation::none, Activation::relu}) {
    device.add_bias(y.data(), b.data(), activation, rows, out);
    EXPECT_TRUE(finite(y));
  }
  Walled masked = numbers(rows * out, 4, output_wall);
  device.relu_backward(masked.data(), dy.data(), size_t(rows * out));
  EXPECT_TRUE(finite(masked));

  Walled loss = numbers(rows, 9, output_wall), dz = numbers(rows * out, 10, output_wall), z = numbers(rows * out, 11, input_wall);
  Walled maximum = numbers(rows, 12, output_wall), sum = numbers(rows, 13, output_wall);
  const std::vector<int> labels = {0, 3, 1, 2, 2};
  device.softmax_cross_entropy(loss.data(), dz.data(), z.data(), labels.data(), 0.5f, rows, out);
  EXPECT_TRUE(finite(loss) && finite(dz));
  device.row_max(maximum.data(), z.data(), rows, out);
  device.row_exp_sum(sum.data(), z.data(), maximum.data(), rows, out);
  EXPECT_TRUE(finite(maximum) && finite(sum));
  for (int r = 0; r < rows; ++r) EXPECT_EQ(maximum.data()[r], *std::max_element(z.data() + r * out, z.data() + (r + 1) * out));
  device.softmax_finish(loss.data(), dz.data(), z.data(), maximum.data(), sum.data(), labels.data(), 0.5f, rows, out, 2);
  EXPECT_TRUE(finite(loss) && finite(dz)) << "labels 0 and 1 are of no column here, nor is a column behind the last";
  EXPECT_EQ(loss.data()[0], 0);

  const int n = 101;
  for (int operation = 0; operation < 7; ++operation) {
    Walled p = numbers(n, 14, output_wall), g = numbers(n, 15, input_wall), m = numbers(n, 16, output_wall), v = numbers(n, 17, output_wall);
    for (int i = 0; i < n; ++i) v.data()[i] = std::abs(v.data()[i]);
    if (operation == 0) device.add(p.data(), g.data(), n);
    if (operation == 1) device.scale(p.data(), 3, n);
    if (operation == 2) device.sgd(p.data(), g.data(), 0.5f, n);
    if (operation == 3) device.momentum(p.data(), m.data(), g.data(), 0.5f, 0.5f, n);
    if (operation == 4) device.adam(p.data(), m.data(), v.data(), g.data(), 0.5f, 0.9f, 0.99f, 1e-8f, 2, n);
    if (operation == 5) device.copy(p.data(), g.data(), n);
    if (operation == 6) device.fill(p.data(), 1, n);
    EXPECT_TRUE(finite(p) && finite(g) && finite(m) && finite(v)) << operation;
  }
}

TEST(Device, UpdateRulesByHand) {
  CpuDevice device;
  const std::vector<float> g = {2, -4};
  std::vector<float> w = {1, 1}, v = {1, 0};
  device.sgd(w.data(), g.data(), 0.25f, 2);
  EXPECT_EQ(w, (std::vector<float>{0.5f, 2}));
  device.momentum(w.data(), v.data(), g.data(), 0.25f, 0.5f, 2);  // v = {2.5, -4}
  EXPECT_EQ(v, (std::vector<float>{2.5f, -4}));
  EXPECT_EQ(w, (std::vector<float>{-0.125f, 3}));
  // Adam's first step has the length of the rate, whatever the gradient: m / correction = g, sqrt(v / correction) = |g|.
  std::vector<float> m = {0, 0}, s = {0, 0}, a = {0, 0};
  device.adam(a.data(), m.data(), s.data(), g.data(), 0.5f, 0.9f, 0.999f, 0, 1, 2);
  EXPECT_NEAR(a[0], -0.5f, 1e-6);
  EXPECT_NEAR(a[1], 0.5f, 1e-6);
  EXPECT_FLOAT_EQ(m[1], -0.4f);
  EXPECT_FLOAT_EQ(s[1], (1 - 0.999f) * 16);
}

TEST(Device, CountsMemoryByPurpose) {
  CpuDevice device;
  float* a = device.allocate(100, Purpose::gradients);
  int* b = device.allocate<int>(10, Purpose::gradients);
  EXPECT_EQ(device.memory(Purpose::gradients).live, 440u);
  EXPECT_EQ(device.memory(Purpose::parameters).live, 0u);
  device.free(a);
  EXPECT_EQ(device.memory(Purpose::gradients).live, 40u);
  EXPECT_EQ(device.memory(Purpose::gradients).peak, 440u);
  device.reset_peaks();
  EXPECT_EQ(device.memory(Purpose::gradients).peak, 40u);
  device.free(b);
  {
    const Buffer buffer(device, 0, Purpose::workspace);
    EXPECT_EQ(size_t(buffer.data()) % 64, 0u);
  }
  {
    const Buffer<double> eights(device, 5, Purpose::workspace);
    const Buffer<uint16_t> twos(device, 7, Purpose::workspace);
    EXPECT_EQ(device.memory(Purpose::workspace).live, 5 * 8u + 7 * 2u);
  }
  for (int p = 0; p < purposes; ++p) EXPECT_EQ(device.memory(Purpose(p)).live, 0u);
}

// Vectors of the processor lie on addresses that 64 divides; and memory is as long as was asked for, also where that is no multiple of it.
TEST(Device, MemoryIsAlignedAndLongEnough) {
  CpuDevice device;
  std::vector<char*> all;
  for (size_t n = 0; n < 300; n += 7) {
    all.push_back(device.allocate<char>(n, Purpose::exchange));
    EXPECT_EQ(size_t(all.back()) % 64, 0u) << n;
#ifdef __GLIBC__
    EXPECT_GE(malloc_usable_size(all.back()), n);
#endif
  }
  for (char* p : all) device.free(p);
  device.free(nullptr);
  EXPECT_EQ(device.memory(Purpose::exchange).live, 0u);
  const char* const names[] = {"parameters", "gradients", "optimizer", "activations", "exchange", "workspace"};
  const Purpose all_purposes[] = {Purpose::parameters, Purpose::gradients, Purpose::optimizer, Purpose::activations, Purpose::exchange, Purpose::workspace};
  for (size_t i = 0; i < purposes; ++i) EXPECT_STREQ(name_of(all_purposes[i]), names[i]);
}

// --- The arithmetic contract -----------------------------------------------------------------------------------------

// Rows of a product computed alone, or some of them together at another place, have the same bits; columns likewise.
TEST(Contract, AnElementOfAProductDependsOnItsRowAndColumnAlone) {
  MatmulWorkspace workspace;
  for (const auto [m, n, k] :
       {Product{29, 71, 1100}, Product{13, 10, 65}, Product{12, 32, 784}, Product{128, 33, 513}}) {
    const std::vector<float> a = test_floats(size_t(m * k), 1), b = test_floats(size_t(k * n), 2),
                             bias = test_floats(size_t(n), 3);
    const Finish finish{.bias = bias.data(), .activation = Activation::relu};
    const MatrixView left = row_major(a.data(), k), right = row_major(b.data(), n);
    std::vector<float> whole(size_t(m * n));
    matmul_packed(whole.data(), left, right, m, n, k, finish, workspace);
    for (int height : {1, 2, 5})
      for (int first = 0; first + height <= m; first += height) {
        std::vector<float> rows(size_t(height * n));
        const MatrixView part{a.data() + first * k, size_t(k), 1};
        matmul_packed(rows.data(), part, right, height, n, k, finish, workspace);
        ASSERT_TRUE(compare(rows, std::span(whole).subspan(size_t(first * n), rows.size())).same_bits())
            << "row " << first;
      }
    for (int width : {1, 3, 17})
      for (int first = 0; first + width <= n; first += width) {
        std::vector<float> columns(size_t(m * width)), expected;
        const MatrixView part{b.data() + first, size_t(n), 1};
        const Finish part_finish{.bias = bias.data() + first, .activation = Activation::relu};
        matmul_packed(columns.data(), left, part, m, width, k, part_finish, workspace);
        for (int i = 0; i < m; ++i)
          expected.insert(expected.end(), &whole[size_t(i * n + first)],
                          &whole[size_t(i * n + first)] + width);
        ASSERT_TRUE(compare(columns, expected).same_bits()) << "column " << first;
      }
  }
}

// Blocks of 512 terms, each added up alone; the finished ones are then added from the first to the last.
TEST(Contract, ASumIsCutIntoBlocksOf512Terms) {
  MatmulWorkspace workspace;
  const int m = 13, n = 37, k = 1100;
  const std::vector<float> a = test_floats(size_t(m * k), 1), b = test_floats(size_t(k * n), 2);
  std::vector<float> whole(size_t(m * n)), blocks(size_t(m * n), 0.0f), block(size_t(m * n));
  matmul_packed(whole.data(), row_major(a.data(), k), row_major(b.data(), n), m, n, k, {}, workspace);
  for (int first : {0, 512, 1024}) {
    matmul_packed(block.data(), {a.data() + first, k, 1}, row_major(b.data() + first * n, n), m, n, std::min(512, k - first), {}, workspace);
    for (size_t i = 0; i < block.size(); ++i) blocks[i] = first == 0 ? block[i] : blocks[i] + block[i];
  }
  EXPECT_TRUE(compare(whole, blocks).same_bits());
}

TEST(Contract, AccumulateAddsTheFinishedSumOnce) {
  CpuDevice device;
  const int rows = 65, in = 130, out = 37;
  const auto x = test_floats(size_t(rows * in), 1), dy = test_floats(size_t(rows * out), 2),
             w = test_floats(size_t(in * out), 3);
  auto check = [&](size_t n, auto operation) {
    const std::vector<float> old = test_floats(n, 9);
    std::vector<float> sum(n), accumulated = old, expected = old;
    operation(sum.data(), Write::overwrite);
    operation(accumulated.data(), Write::accumulate);
    device.add(expected.data(), sum.data(), n);
    EXPECT_TRUE(compare(accumulated, expected).same_bits());
  };
  check(size_t(in * out), [&](float* p, Write how) {
    device.linear_backward_weights(p, x.data(), dy.data(), how, rows, in, out);
  });
  check(size_t(out), [&](float* p, Write how) { device.linear_backward_bias(p, dy.data(), how, rows, out); });
  check(size_t(rows * in), [&](float* p, Write how) {
    device.linear_backward_input(p, dy.data(), w.data(), how, rows, in, out);
  });
}

TEST(Contract, ColumnSumsRunOverRowsAscending) {
  CpuDevice device;
  for (int out : sizes_to_try) {
    const int rows = 100;
    const std::vector<float> dy = test_floats(size_t(rows * out));
    std::vector<float> db(static_cast<size_t>(out)), expected(static_cast<size_t>(out), 0.0f);
    device.linear_backward_bias(db.data(), dy.data(), Write::overwrite, rows, out);
    for (int r = 0; r < rows; ++r)
      for (int j = 0; j < out; ++j) expected[size_t(j)] += dy[size_t(r * out + j)];
    EXPECT_TRUE(compare(db, expected).same_bits());
  }
}

// Every cut from 0 to 70 of 101 elements: vector loops and their tails must round alike.
TEST(Contract, AnUpdateOfARangeIsTheUpdateOfItsParts) {
  CpuDevice device;
  const size_t n = 101;
  const std::vector<float> g = test_floats(n, 1), w = test_floats(n, 2), m = test_floats(n, 3);
  std::vector<float> v = test_floats(n, 4);
  for (float& x : v) x = std::abs(x);
  struct State {
    std::vector<float> w, m, v;
  };
  using Update = void (*)(CpuDevice&, State&, const float* g, size_t first, size_t n);
  const Update updates[] = {
      [](CpuDevice& d, State& s, const float* g, size_t f, size_t n) { d.sgd(&s.w[f], g + f, 0.1f, n); },
      [](CpuDevice& d, State& s, const float* g, size_t f, size_t n) {
        d.momentum(&s.w[f], &s.m[f], g + f, 0.1f, 0.9f, n);
      },
      [](CpuDevice& d, State& s, const float* g, size_t f, size_t n) {
        d.adam(&s.w[f], &s.m[f], &s.v[f], g + f, 0.01f, 0.9f, 0.999f, 1e-8f, 7, n);
      }};
  for (const Update update : updates) {
    State whole{w, m, v};
    update(device, whole, g.data(), 0, n);
    EXPECT_FALSE(compare(whole.w, w).same_bits()) << "the update must move the weights";
    for (size_t cut = 0; cut <= 70; ++cut) {
      State parts{w, m, v};
      if (cut > 0) update(device, parts, g.data(), 0, cut);
      update(device, parts, g.data(), cut, n - cut);
      ASSERT_TRUE(compare(parts.w, whole.w).same_bits()) << "cut at " << cut;
      ASSERT_TRUE(compare(parts.m, whole.m).same_bits()) << "cut at " << cut;
      ASSERT_TRUE(compare(parts.v, whole.v).same_bits()) << "cut at " << cut;
    }
  }
}

}  // namespace
