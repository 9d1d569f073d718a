// What chapter 01 claims: each operation of the CPU device, the arithmetic contract bit by bit, the layout, the gradients,
// micro-batches, equal bits from equal seeds.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <numeric>

#include "chapters/01_serial/cpu_device.h"
#include "chapters/01_serial/head.h"
#include "chapters/01_serial/optimizer.h"
#include "chapters/01_serial/reference.h"
#include "chapters/01_serial/train_report.h"
#include "common/compare.h"
#include "common/error.h"
#include "common/hash.h"
#include "common/philox.h"

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
  MatmulWorkspace workspace;
  const MatmulShape tile = matmul_shape();
  for (int m : {tile.tile_rows, 2 * tile.tile_rows + 1})
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
  Walled x = numbers(rows * in, 1, input_wall), w = numbers(in * out, 2, input_wall), b = numbers(out, 3, input_wall), dy = numbers(rows * out, 4, input_wall), y = numbers(rows * out, 5, output_wall);
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

  Walled loss = numbers(rows, 9, output_wall), dz = numbers(rows * out, 10, output_wall), z = numbers(rows * out, 11, input_wall), maximum = numbers(rows, 12, output_wall), sum = numbers(rows, 13, output_wall);
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
  for (int p = 0; p < purposes; ++p) EXPECT_EQ(device.memory(Purpose(p)).live, 0u);
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

// --- Layout and initial weights --------------------------------------------------------------------------------------

const std::vector<int> odd_sizes = {13, 7, 65, 3, 10};

TEST(Layout, WindowsTileTheFlatVector) {
  const Layout layout = make_layout(odd_sizes);
  size_t next = 0;
  for (const Layer& layer : layout.layers) {
    EXPECT_EQ(layer.w.offset, next);
    EXPECT_EQ(layer.b.offset, next + layer.w.size());
    next = layer.range().last;
    EXPECT_EQ(layer.activation, layer.index == 3 ? Activation::none : Activation::relu);
  }
  EXPECT_EQ(layout.count, next);
  EXPECT_EQ(make_layout({784, 512, 256, 10}).count, 535818u);
  EXPECT_EQ(layout.widest(), 65);
}

// Every element of the whole network is held by exactly one slice (a bias of a row-split layer: by all of them), and starts
// with the same value as in the whole.
TEST(Layout, EverySplitStartsFromTheSameModel) {
  const Layout whole = make_layout(odd_sizes);
  std::vector<float> reference(whole.count);
  initialize(reference.data(), whole, 5);
  for (int stages : {1, 2, 3, 4})
    for (int slices : {1, 2, 3, 5, 8}) {
      std::vector<int> seen(whole.count, 0);
      for (int stage = 0; stage < stages; ++stage)
        for (int s = 0; s < slices; ++s) {
          const Layout part = make_layout(odd_sizes, share(4, size_t(stages), size_t(stage)), {s, slices});
          std::vector<float> values(part.count + 1);
          initialize(values.data(), part, 5);
          for (const Layer& layer : part.layers)
            for (const Window* window : {&layer.w, &layer.b}) {
              const Layer& full = whole.layers[size_t(layer.index)];
              const size_t base = window == &layer.w ? full.w.offset : full.b.offset;
              for (int r = 0; r < window->rows; ++r)
                for (int c = 0; c < window->columns; ++c) {
                  const size_t global = base + window->global_element(r, c);
                  ++seen[global];
                  ASSERT_EQ(values[window->offset + size_t(r * window->columns + c)], reference[global]);
                }
            }
        }
      for (const Layer& layer : whole.layers) {
        const bool copied_bias = slices > 1 && layer.index % 2 == 1;
        for (size_t i = layer.w.range().first; i < layer.w.range().last; ++i) ASSERT_EQ(seen[i], 1);
        for (size_t i = layer.b.range().first; i < layer.b.range().last; ++i)
          ASSERT_EQ(seen[i], copied_bias ? slices : 1);
      }
    }
}

TEST(Layout, NeighbouringLayersOfASliceFit) {
  for (int slices : {2, 3, 5, 8})
    for (int s = 0; s < slices; ++s) {
      const Layout part = make_layout(odd_sizes, {0, 4}, {s, slices});
      for (size_t l = 0; l + 1 < part.layers.size(); l += 2)
        EXPECT_EQ(part.layers[l].out, part.layers[l + 1].in);
    }
}

TEST(Layout, BadRangesAreErrors) {
  EXPECT_THROW(make_layout({784}), Error);
  EXPECT_THROW(make_layout({784, 10}, {0, 2}), Error);
  EXPECT_THROW(make_layout({784, 10}, {1, 1}), Error);
}

TEST(Initialize, HasTheVarianceOfHe) {
  const Layout layout = make_layout({784, 512, 10});
  std::vector<float> values(layout.count);
  initialize(values.data(), layout, 1);
  double sum = 0, squares = 0;
  for (size_t i = 0; i < layout.layers[0].w.size(); ++i)
    sum += values[i], squares += double(values[i]) * values[i];
  const double n = double(layout.layers[0].w.size());
  EXPECT_NEAR(squares / n, 2.0 / 784, 2.0 / 784 * 0.01);  // He et al., equation 10
  EXPECT_NEAR(sum / n, 0, 5 * std::sqrt(2.0 / 784 / n));  // five standard deviations of the mean
  for (size_t i = layout.layers[0].b.range().first; i < layout.layers[0].b.range().last; ++i)
    EXPECT_EQ(values[i], 0);
}

// --- The network -----------------------------------------------------------------------------------------------------

Dataset random_images(size_t count, size_t features, int classes = 10) {
  Dataset data{count, 1, features, std::vector<uint8_t>(count * features), std::vector<uint8_t>(count)};
  for (size_t i = 0; i < data.pixels.size(); ++i)
    data.pixels[i] = uint8_t(random_words(1, RandomStream::data, 0, i)[0]);
  for (size_t r = 0; r < count; ++r)
    data.labels[r] = uint8_t(random_words(1, RandomStream::data, 1, r)[0] % uint32_t(classes));
  return data;
}

// A network with its own parameters and gradients, as train.cpp sets it up.
struct Network {
  CpuDevice device;
  Layout layout;
  Buffer<> parameters, gradients;
  Mlp mlp;
  SoftmaxHead head;

  Network(const std::vector<int>& sizes, Space space, uint64_t seed = 1)
      : layout(make_layout(sizes)),
        parameters(device, layout.count, Purpose::parameters),
        gradients(device, layout.count, Purpose::gradients),
        mlp(device, layout, parameters, gradients, space),
        head(device, space) {
    initialize(parameters, layout, seed);
    device.fill(gradients, NAN, layout.count);  // what is not overwritten would show
  }
  std::vector<float> weights() const { return {parameters.data(), parameters.data() + layout.count}; }
  std::vector<float> gradient() const { return {gradients.data(), gradients.data() + layout.count}; }

  // Forward, loss and backward of `batch`, cut into micro-batches; returns the loss.
  double run(const Dataset& data, const std::vector<uint32_t>& order, Range batch, size_t micro_batches,
             int slot = 0) {
    double loss = 0;
    Write write = Write::overwrite;
    for (size_t m = 0; m < micro_batches; ++m) {
      const Range rows = share(batch, micro_batches, m);
      if (rows.empty()) continue;
      load_images(mlp, data, order, rows, slot);
      head.load_labels(data, order, rows, slot);
      mlp.forward(int(rows.size()), slot);
      head.backward(mlp, batch.size(), slot);
      mlp.backward(write, slot);
      loss += head.loss(mlp, batch.size(), slot);
      write = Write::accumulate;
    }
    return loss;
  }
};

// Every parameter against the central difference in double precision.  A float carries 24 bits; sums of up to 65 * 13 terms
// stay right to 1e-5 of the largest gradient, and every planted mistake is off by more than 1e-2 of it.
void check_gradients(const std::vector<int>& sizes, size_t rows) {
  Network net(sizes, {.rows = int(rows)});
  for (const Layer& layer : net.layout.layers)  // away from ReLU's kink at 0
    for (size_t j = 0; j < layer.b.size(); ++j) net.parameters[layer.b.offset + j] = 0.05f * float(1 + j % 3);
  const Dataset data = random_images(rows, size_t(sizes.front()), sizes.back());
  const std::vector<uint32_t> order = permutation(1, 0, rows);
  const double loss = net.run(data, order, {0, rows}, 1);

  std::vector<double> exact(net.parameters.data(), net.parameters.data() + net.layout.count);
  const std::vector<double> x(net.mlp.input(), net.mlp.input() + rows * data.features());
  std::vector<int> labels(rows);
  gather_labels(labels.data(), data, order, {0, rows});
  EXPECT_NEAR(loss, reference_loss(net.layout, exact, x, labels), 1e-5);

  double largest = 0, worst = 0;
  for (size_t i = 0; i < net.layout.count; ++i) {
    const double slope = central_difference(net.layout, exact, i, x, labels);
    largest = std::max(largest, std::abs(slope));
    const double error = std::abs(net.gradients[i] - slope);
    if (!(error <= worst)) worst = error;
  }
  EXPECT_GT(largest, 1e-3);
  EXPECT_TRUE(worst <= 1e-5 * largest) << "worst " << worst << " of " << largest;
}

TEST(Gradients, AgreeWithSlopes) {
  check_gradients({13, 10}, 7);        // no hidden layer
  check_gradients({7, 13, 10}, 3);     // one
  check_gradients({13, 7, 5, 3}, 13);  // two
  check_gradients({3, 7, 13, 7, 3, 2}, 5);
  check_gradients({65, 13, 10}, 1);  // one row
  check_gradients({1, 7, 10}, 13);   // one column
  check_gradients({7, 1, 3}, 7);     // one hidden unit
  check_gradients({13, 65, 10}, 2);
}

TEST(Gradients, OfTheInput) {
  const std::vector<int> sizes = {5, 7, 3};
  Network net(sizes, {.rows = 2, .slots = 1, .input_gradient = true});
  const Dataset data = random_images(2, 5, 3);
  net.run(data, {0, 1}, {0, 2}, 1);
  std::vector<double> exact(net.parameters.data(), net.parameters.data() + net.layout.count);
  std::vector<double> x(net.mlp.input(), net.mlp.input() + 10);
  const std::vector<int> labels = {data.labels[0], data.labels[1]};
  for (size_t i = 0; i < x.size(); ++i) {
    const double h = 1e-5, at = x[i];
    x[i] = at + h;
    const double above = reference_loss(net.layout, exact, x, labels);
    x[i] = at - h;
    const double below = reference_loss(net.layout, exact, x, labels);
    x[i] = at;
    EXPECT_NEAR(net.mlp.input_gradient()[i], (above - below) / (2 * h), 1e-6);
  }
}

TEST(Mlp, SlotsDoNotDisturbEachOther) {
  Network net({13, 7, 10}, {.rows = 4, .slots = 3}), alone({13, 7, 10}, {.rows = 4});
  const Dataset data = random_images(12, 13);
  const std::vector<uint32_t> order = permutation(1, 0, 12);
  for (int s = 0; s < 3; ++s) {
    load_images(net.mlp, data, order, {size_t(4 * s), size_t(4 * s + 4)}, s);
    net.head.load_labels(data, order, {size_t(4 * s), size_t(4 * s + 4)}, s);
    net.mlp.forward(4, s);
  }
  for (int s : {1, 0, 2}) {  // backward later, in another order
    net.head.backward(net.mlp, 4, s);
    net.mlp.backward(Write::overwrite, s);
    alone.run(data, order, {size_t(4 * s), size_t(4 * s + 4)}, 1);
    EXPECT_TRUE(compare(net.gradient(), alone.gradient()).same_bits()) << "slot " << s;
  }
}

TEST(Mlp, HooksSeeEachLayerInOrder) {
  Network net({13, 7, 10}, {.rows = 4});
  const Dataset data = random_images(4, 13);
  std::string seen;
  auto note = [&](const char* what) {
    return [&seen, what](int layer, int) { seen += what + std::to_string(layer) + " "; };
  };
  net.mlp.hooks = {note("f"), note("F"), note("b"), note("i"), note("B")};
  net.run(data, {0, 1, 2, 3}, {0, 4}, 1);
  EXPECT_EQ(seen, "f0 F0 f1 F1 b1 i1 B1 b0 B0 ") << "nobody asks for the gradient of the first layer's input";
}

TEST(Mlp, LayersMayLieAnywhere) {
  Network net({13, 7, 10}, {.rows = 4}), scattered({13, 7, 10}, {.rows = 4});
  const Dataset data = random_images(4, 13);
  std::vector<std::vector<float>> w, g;
  for (int l = 0; l < 2; ++l) {
    const Range range = net.layout.layers[size_t(l)].range();
    w.emplace_back(net.parameters + range.first, net.parameters + range.last);
    g.emplace_back(range.size(), NAN);
  }
  for (int l = 0; l < 2; ++l) {
    scattered.mlp.place_parameters(l, w[size_t(l)].data());
    scattered.mlp.place_gradients(l, g[size_t(l)].data());
  }
  net.run(data, {0, 1, 2, 3}, {0, 4}, 1);
  scattered.run(data, {0, 1, 2, 3}, {0, 4}, 1);
  for (int l = 0; l < 2; ++l)
    EXPECT_TRUE(
        compare(g[size_t(l)], std::span(net.gradients.data() + net.layout.layers[size_t(l)].range().first,
                                        g[size_t(l)].size()))
            .same_bits());
}

// A network cut in two gives the same bits as the whole one: the first step of chapter 08.
TEST(Mlp, StagesGiveTheBitsOfTheWhole) {
  const std::vector<int> sizes = {13, 7, 65, 10};
  Network whole(sizes, {.rows = 5});
  const Dataset data = random_images(5, 13);
  const std::vector<uint32_t> order = permutation(1, 0, 5);
  whole.run(data, order, {0, 5}, 1);

  CpuDevice device;
  const Layout first = make_layout(sizes, {0, 1}), second = make_layout(sizes, {1, 3});
  std::vector<float> w1(first.count), g1(first.count), w2(second.count), g2(second.count);
  initialize(w1.data(), first, 1);
  initialize(w2.data(), second, 1);
  Mlp a(device, first, w1.data(), g1.data(), {.rows = 5}),
      b(device, second, w2.data(), g2.data(), {5, 1, true});
  SoftmaxHead head(device, {.rows = 5});
  load_images(a, data, order, {0, 5});
  head.load_labels(data, order, {0, 5});
  a.forward(5);
  device.copy(b.input(), a.output(), 5 * 7);
  b.forward(5);
  head.backward(b, 5);
  b.backward(Write::overwrite);
  device.copy(a.output_gradient(), b.input_gradient(), 5 * 7);
  a.backward(Write::overwrite);
  std::vector<float> joined = g1;
  joined.insert(joined.end(), g2.begin(), g2.end());
  EXPECT_TRUE(compare(joined, whole.gradient()).same_bits());
}

TEST(Mlp, MemoryIsAsTheFormulaSays) {
  const Space space{.rows = 6, .slots = 2, .input_gradient = true};
  Network net({13, 7, 65, 10}, space);
  const size_t per_row_and_slot =
      13 + 7 + 65 + 10 /* activations */ + 10 /* output gradient */ + 13 /* input gradient */;
  const size_t inner = 2 * 65;  // two buffers of the widest inner activation, shared by the slots
  const size_t head = 2 * (1 /* label */ + 1 /* loss */);
  EXPECT_EQ(net.device.memory(Purpose::activations).live, 6 * 4 * (2 * per_row_and_slot + inner + head));
  EXPECT_EQ(net.device.memory(Purpose::parameters).live, 4 * net.layout.count);
  EXPECT_EQ(net.device.memory(Purpose::gradients).live, 4 * net.layout.count);
}

// The worked example of the chapter's text. All of its numbers but the losses are exact in a float, except for what the
// learning rate of 0.1 makes of them.
TEST(Mlp, OneStepByHand) {
  Network net({2, 2, 2}, {.rows = 1});
  const std::vector<float> before = {0, 1, 1, -1, /* b */ 0, 0, 1, 0, 0, 1, /* b */ 0, 2};
  std::copy(before.begin(), before.end(), net.parameters.data());
  const Dataset label_0{1, 1, 2, {0, 0}, {0}};
  auto forward = [&] {
    net.mlp.input()[0] = 1, net.mlp.input()[1] = 2;
    net.head.load_labels(label_0, std::vector<uint32_t>{0}, {0, 1});
    net.mlp.forward(1);
    net.head.backward(net.mlp, 1);
    return net.head.loss(net.mlp, 1);
  };
  auto values = [](const float* p) { return std::vector<float>{p[0], p[1]}; };

  EXPECT_NEAR(forward(), std::log(2.0), 1e-6);
  EXPECT_EQ(values(net.mlp.activation(1, 0)), (std::vector<float>{2, 0}));
  EXPECT_EQ(values(net.mlp.output()), (std::vector<float>{2, 2}));
  EXPECT_EQ(values(net.mlp.output_gradient()), (std::vector<float>{-0.5f, 0.5f}));
  net.mlp.backward(Write::overwrite);
  EXPECT_EQ(net.gradient(), (std::vector<float>{-0.5f, 0, -1, 0, -0.5f, 0, -1, 1, 0, 0, -0.5f, 0.5f}));

  Optimizer(net.device, {.learning_rate = 0.1}, net.layout.count).step(net.parameters, net.gradients);
  const std::vector<float> after = {0.05f, 1, 1.1f, -1, 0.05f, 0, 1.1f, -0.1f, 0, 1, 0.05f, 1.95f};
  EXPECT_LE(compare(net.weights(), after).max_abs, 1e-7);
  EXPECT_NEAR(forward(), std::log1p(std::exp(-0.86)), 1e-6);  // 0.353
  EXPECT_NEAR(net.mlp.output()[0], 2.58, 1e-6);
  EXPECT_NEAR(net.mlp.output()[1], 1.72, 1e-6);
}

// --- Micro-batches ---------------------------------------------------------------------------------------------------

// The gradient of a step is ((g0 + g1) + g2) + ..., each computed from zero: bit for bit, empty ones skipped.
TEST(MicroBatches, GradientIsTheirSumOneByOne) {
  const Dataset data = random_images(130, 13);
  const std::vector<uint32_t> order = permutation(1, 0, 130);
  for (size_t rows : {1, 5, 64, 128, 130})
    for (size_t micro_batches : {1, 2, 3, 4, 8, 200}) {
      Network net({13, 7, 10}, {.rows = 130}), single({13, 7, 10}, {.rows = 130});
      const double loss = net.run(data, order, {0, rows}, micro_batches);
      std::vector<float> sum;
      double loss_sum = 0;
      for (size_t m = 0; m < micro_batches; ++m) {
        const Range part = share(rows, micro_batches, m);
        if (part.empty()) continue;
        load_images(single.mlp, data, order, part);
        single.head.load_labels(data, order, part);
        single.mlp.forward(int(part.size()));
        single.head.backward(single.mlp, rows);
        single.mlp.backward(Write::overwrite);
        loss_sum += single.head.loss(single.mlp, rows);
        if (sum.empty())
          sum = single.gradient();
        else
          single.device.add(sum.data(), single.gradients, sum.size());
      }
      EXPECT_TRUE(compare(net.gradient(), sum).same_bits())
          << rows << " rows, " << micro_batches << " micro-batches";
      EXPECT_EQ(loss, loss_sum);
    }
}

// Cutting a batch changes the order of sums only: the gradient moves by rounding, about 1e-7 of its length times a few.
TEST(MicroBatches, CuttingChangesRoundingOnly) {
  const Dataset data = random_images(128, 65);
  const std::vector<uint32_t> order = permutation(1, 0, 128);
  Network one({65, 33, 10}, {.rows = 128}), eight({65, 33, 10}, {.rows = 128});
  const double loss = one.run(data, order, {0, 128}, 1);
  EXPECT_NEAR(eight.run(data, order, {0, 128}, 8), loss, 1e-6);
  EXPECT_LE(compare(eight.gradient(), one.gradient()).relative, 1e-5);
}

// --- Training --------------------------------------------------------------------------------------------------------

std::vector<float> train(const Dataset& data, uint64_t seed, const std::string& rule, int epochs,
                         double* last_loss = nullptr) {
  Network net({13, 33, 10}, {.rows = 32}, seed);
  Optimizer optimizer(net.device, {.name = rule, .learning_rate = rule == "adam" ? 0.01 : 0.1},
                      net.layout.count);
  for (int epoch = 0; epoch < epochs; ++epoch) {
    const std::vector<uint32_t> order = permutation(seed, uint32_t(epoch), data.count);
    for (const Range batch : batches(data.count, 32)) {
      const double loss = net.run(data, order, batch, 1);
      if (last_loss) *last_loss = loss;
      optimizer.step(net.parameters, net.gradients);
    }
  }
  return net.weights();
}

TEST(Optimizer, AnUnknownRuleIsAnError) {
  CpuDevice device;
  for (const char* rule : {"", "SGD", "rmsprop"}) EXPECT_THROW(Optimizer(device, {.name = rule}, 3), Error) << rule;
  EXPECT_EQ(Optimizer(device, {.name = "sgd"}, 3).state_vectors(), 0);
  EXPECT_EQ(Optimizer(device, {.name = "momentum"}, 3).state_vectors(), 1);
  EXPECT_EQ(Optimizer(device, {.name = "adam"}, 3).state_vectors(), 2);
}

TEST(Training, SameSeedSameBits) {
  const Dataset data = random_images(200, 13);
  for (const char* rule : {"sgd", "momentum", "adam"}) {
    const std::vector<float> first = train(data, 1, rule, 2), start = train(data, 1, rule, 0);
    EXPECT_GT(compare(first, start).max_abs, 0.01) << "training must move the weights";
    EXPECT_TRUE(compare(first, train(data, 1, rule, 2)).same_bits());
    EXPECT_FALSE(compare(first, train(data, 2, rule, 2)).same_bits());
  }
}

TEST(Training, EveryRuleLearnsTheTrainingData) {
  const Dataset data = random_images(64, 13);
  for (const char* rule : {"sgd", "momentum", "adam"}) {
    double before = 0, after = 0;
    train(data, 1, rule, 1, &before);
    train(data, 1, rule, 2000, &after);
    EXPECT_LT(after, 0.5 * before) << rule;
  }
}

TEST(Evaluation, CountsDoNotDependOnTheChunk) {
  const Dataset data = random_images(101, 13);
  Network big({13, 7, 10}, {.rows = 101});
  const size_t correct = count_correct(big.mlp, data, {0, 101});
  for (int rows : {1, 2, 10, 64}) {
    Network small({13, 7, 10}, {.rows = rows});
    EXPECT_EQ(count_correct(small.mlp, data, {0, 101}), correct);
    EXPECT_EQ(count_correct(small.mlp, data, {0, 50}) + count_correct(small.mlp, data, {50, 101}), correct);
  }
}

TEST(Evaluation, IsRight) {
  // One layer whose weights copy pixel j to class j: the brightest of ten pixels is the guess, the first among equals.
  Network net({10, 10}, {.rows = 4});
  net.device.fill(net.parameters, 0, net.layout.count);
  for (int j = 0; j < 10; ++j) net.parameters[j * 10 + j] = 1;
  Dataset data{3, 1, 10, std::vector<uint8_t>(30), {4, 9, 0}};
  data.pixels[4] = 200;   // right
  data.pixels[13] = 200;  // guessed 3, is 9: wrong
  EXPECT_EQ(count_correct(net.mlp, data, {0, 3}), 2u) << "all pixels of the third are equal: class 0";
}

// A clock that the test moves by hand.
double now = 0;

TEST(TrainReport, TellsMeansRatesAndTimesByTheClock) {
  const auto usual = clock_seconds;
  clock_seconds = [] { return now; };
  const std::string record = testing::TempDir() + "train_report.csv";
  TrainOptions o;
  o.log = record;
  o.batch = 30;
  o.epochs = 2;
  testing::internal::CaptureStdout();
  {
    TrainReport report(o, random_images(40, 5));
    const auto step = [&](double seconds, double loss, size_t rows) { now += seconds, report.step(loss, rows); };
    step(2, 0.5, 30);
    step(3, 0.7, 10);
    now += 100;  // evaluation, which is not training
    report.epoch(0, 3, 4);
    step(1, 0.25, 30);
    step(2, 0.05, 10);
    now += 1000;
    report.epoch(1, 7, 8);
    report.end(std::vector<float>{1, 2});
    EXPECT_EQ(report.train_seconds(), 8);
  }
  const std::string printed = testing::internal::GetCapturedStdout();
  clock_seconds = usual;
  EXPECT_TRUE(contains(printed, "epoch   1   loss 0.5500   test accuracy 75.00 % (3 of 4)   8 samples/s\n"));
  EXPECT_TRUE(contains(printed, "epoch   2   loss 0.2000   test accuracy 87.50 % (7 of 8)   10 samples/s\n"));
  EXPECT_TRUE(contains(printed, "trained 4 steps in 8.0 s, 10 samples/s; weights "));
  // The record: the loss of each batch, then of the epoch; samples per second of all training so far.
  std::ifstream file(record);
  std::string line, all;
  std::getline(file, line);  // the names of its columns
  while (std::getline(file, line)) all += line + "\n";
  EXPECT_EQ(all, "1,0.5,,15\n2,0.7,,8\n2,0.55,0.75,8\n3,0.25,,11.6666667\n4,0.05,,10\n4,0.2,0.875,10\n");
}

}  // namespace
