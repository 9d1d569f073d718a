// Chapter 03: every step of the matrix product, every fused kernel, the prefetch and the graph compute what the CPU device does.
// orders: ascending shuffled
// more orders: descending
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <iterator>
#include <set>

#include "chapters/03_fast_kernels/bf16.h"
#include "chapters/03_fast_kernels/block_order.h"
#include "chapters/03_fast_kernels/block_shape.h"
#include "chapters/03_fast_kernels/device_limits.h"
#include "chapters/03_fast_kernels/make_device.h"
#include "chapters/03_fast_kernels/matmul_steps.h"
#include "chapters/03_fast_kernels/prefetch.h"
#include "chapters/03_fast_kernels/step_graph.h"
#include "chapters/03_fast_kernels/whole_step.h"
#include "tests/03_fast_test.h"
#include "tests/training_runs.h"

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

// --- Fused kernels ---------------------------------------------------------------------------------------------------------

TEST_F(FastTest, ReluMask) { expect_relu_mask(*device); }
TEST_F(FastTest, Softmax) { expect_softmax(*device); }
// The longest rows that fit into one and into eight registers of each lane, and rows that do not by one class.
TEST_F(FastTest, SoftmaxWhereRegistersEnd) {
  CpuDevice cpu;
  for (int classes : {32, 33, 256, 257}) {
    const Floats z = random_floats(2 * size_t(classes), 1);
    const std::vector<int> labels = {classes - 1, classes - 33};
    const LossResult expected = softmax_at_once(cpu, z, labels, 0.5f, classes, false), actual = softmax_at_once(*device, z, labels, 0.5f, classes, true);
    const auto bound = [](size_t) { return 320 * FLT_EPSILON; };  // as in expect_softmax
    expect_near(actual.loss, expected.loss, bound, std::to_string(classes) + " classes, loss");
    expect_near(actual.dz, expected.dz, bound, std::to_string(classes) + " classes, dz");
  }
}
TEST_F(FastTest, VectorsAndOptimizers) { expect_vectors(*device); }
TEST_F(FastTest, ViewsAndCopiesBesideTheComputation) { expect_views(*device); }

// More copies in than there are staging buffers, none of them waited for, and one too large to be staged.
TEST_F(FastTest, CopiesInMayFollowEachOther) {
  const size_t n = 100, large = 20000;
  const Copied<> p(*device, Floats(10 * n, 0.0f));
  Floats expected;
  for (size_t i = 0; i < 10; ++i) {
    Floats part(n, float(i));
    device->copy_in(p + i * n, part.data(), n);
    std::fill(part.begin(), part.end(), NAN);  // the host side may be reused at once
    expected.insert(expected.end(), n, float(i));
  }
  expect_same(p.host(), expected, "ten copies");
  expect_same(Copied<>(*device, random_floats(large, 1)).host(), random_floats(large, 1), "a large copy");
}

// The sums run over rows, ascending, whatever the kernel: the same bits as three plain lines.
TEST_F(FastTest, ColumnSumsKeepTheirOrder) {
  for (int rows : {0, 1, 127, 128, 131, 257})
    for (int columns : {1, 8, 45}) {
      const Floats dy = random_floats(size_t(rows) * size_t(columns), 1);
      Floats expected(size_t(columns), 0.0f);
      for (int r = 0; r < rows; ++r)
        for (int j = 0; j < columns; ++j) expected[size_t(j)] += dy[size_t(r) * size_t(columns) + size_t(j)];
      const Copied<> on_dy(*device, dy), db(*device, Floats(size_t(columns), NAN));
      device->linear_backward_bias(db, on_dy, Write::overwrite, rows, columns);
      expect_same(db.host(), expected, std::to_string(rows) + " rows, " + std::to_string(columns) + " columns");
    }
}

// --- Training --------------------------------------------------------------------------------------------------------------

TEST_F(FastTest, FiftyStepsStayWithinRounding) {
  const Dataset data = read_mnist_train("build/data");
  for (const char* optimizer : {"sgd", "momentum", "adam"})
    training_runs::expect_parity(*device, {.optimizer = optimizer}, data);
}

// The loop of this chapter's train.cpp: `steps` steps in batches of `batch`, cut into `parts`.
Floats train_with_prefetch(Device& device, const Dataset& data, size_t samples, size_t batch, size_t parts) {
  const Layout layout = make_layout({784, 32, 10});
  Floats weights(layout.count);
  initialize(weights.data(), layout, 1);
  const Copied<> parameters(device, weights), gradients(device, weights);
  const Space space{.rows = int(batch), .slots = 2};
  Mlp mlp(device, layout, parameters, gradients, space);
  SoftmaxHead head(device, space);
  Optimizer optimizer(device, {.name = "adam", .learning_rate = 0.001}, layout.count);
  StepGraph graph(device);
  for (uint32_t epoch = 0; epoch < 2; ++epoch) {
    const std::vector<uint32_t> order = permutation(1, epoch, samples);
    Prefetch prefetch(mlp, head, data, order, micro_batches(samples, batch, parts));
    for (const Range rows : batches(samples, batch)) {
      Write write = Write::overwrite;
      for (size_t m = 0; m < parts; ++m) {
        const Range part = share(rows, parts, m);
        if (part.empty()) continue;
        const int slot = prefetch.take();
        mlp.set_rows(int(part.size()), slot);
        graph.run({int(part.size()), rows.size(), write, slot}, [&] {
          mlp.forward(int(part.size()), slot);
          head.backward(mlp, rows.size(), slot);
          mlp.backward(write, slot);
        });
        prefetch.gather_ahead();
        EXPECT_TRUE(std::isfinite(head.loss(mlp, rows.size(), slot)));
        write = Write::accumulate;
      }
      optimizer.step(parameters, gradients);
    }
  }
  return parameters.host();
}

// The first images of MNIST.
Dataset images(size_t n) {
  Dataset data = read_mnist_train("build/data");
  data.count = n, data.pixels.resize(n * data.features()), data.labels.resize(n);
  return data;
}

// The same steps as one graph each, with data set, losses and number of steps on the device.
struct WholeRun {
  Floats weights;
  std::vector<double> losses;
};
WholeRun train_whole(Device& device, const Dataset& data, size_t samples, size_t batch, size_t parts, const std::string& rule = "adam",
                     size_t read_every = 1000) {
  const Layout layout = make_layout({784, 32, 10});
  WholeRun run{Floats(layout.count), {}};
  initialize(run.weights.data(), layout, 1);
  const Copied<> parameters(device, run.weights), gradients(device, run.weights);
  Mlp mlp(device, layout, parameters, gradients, {.rows = int((batch + parts - 1) / parts)});
  WholeStep step(mlp, data, {.name = rule, .learning_rate = 0.001}, parameters, gradients, int(parts));
  for (uint32_t epoch = 0; epoch < 2; ++epoch) {
    const std::vector<uint32_t> order = permutation(1, epoch, samples);
    step.begin_epoch(order, batch);
    for (const Range rows : batches(samples, batch)) {
      step.run(rows);
      if (step.unread() < read_every && rows.last < samples) continue;
      size_t first = run.losses.size() - epoch * batches(samples, batch).size();
      for (const auto& [loss, n] : step.losses()) {
        run.losses.push_back(loss);
        EXPECT_EQ(n, batches(samples, batch)[first++].size());
      }
    }
    EXPECT_EQ(step.unread(), 0u);
  }
  run.weights = parameters.host();
  return run;
}

// Chapter 01's loop with the same micro-batches, and what it says of its losses.
WholeRun train_by_parts(Device& device, const Dataset& data, size_t samples, size_t batch, size_t parts, const std::string& rule) {
  const Layout layout = make_layout({784, 32, 10});
  WholeRun run{Floats(layout.count), {}};
  initialize(run.weights.data(), layout, 1);
  const Copied<> parameters(device, run.weights), gradients(device, run.weights);
  const Space space{.rows = int(batch)};
  Mlp mlp(device, layout, parameters, gradients, space);
  SoftmaxHead head(device, space);
  Optimizer optimizer(device, {.name = rule, .learning_rate = 0.001}, layout.count);
  for (uint32_t epoch = 0; epoch < 2; ++epoch) {
    const std::vector<uint32_t> order = permutation(1, epoch, samples);
    for (const Range rows : batches(samples, batch)) {
      double loss = 0;
      Write write = Write::overwrite;
      for (size_t m = 0; m < parts; ++m) {
        const Range part = share(rows, parts, m);
        if (part.empty()) continue;
        load_images(mlp, data, order, part);
        head.load_labels(data, order, part);
        mlp.forward(int(part.size()));
        head.backward(mlp, rows.size());
        mlp.backward(write);
        loss += head.loss(mlp, rows.size());
        write = Write::accumulate;
      }
      optimizer.step(parameters, gradients);
      run.losses.push_back(loss);
    }
  }
  run.weights = parameters.host();
  return run;
}

// --- What chapters 04 to 14 compute on

TEST_F(FastTest, MakeDeviceMakesThisChaptersDevice) {
  EXPECT_EQ(make_device("cpu")->name(), "cpu");
  const std::unique_ptr<Device> made = make_device("cuda", count_gpus());
  EXPECT_TRUE(dynamic_cast<FastCudaDevice*>(made.get()));
  EXPECT_EQ(made->name(), device->name()) << "GPUs are dealt out in turn";
}

// Prefetch and graphs change when things happen, not what: bit for bit, also with partial batches and empty micro-batches.
TEST_F(FastTest, PrefetchAndGraphChangeNoBit) {
  const Dataset data = read_mnist_train("build/data");
  for (size_t parts : {1, 3})
    for (size_t samples : {66, 96, 32, 5})
      expect_same(train_with_prefetch(*device, data, samples, 32, parts),
                  train_by_parts(*device, data, samples, 32, parts, "adam").weights,
                  std::to_string(samples) + " samples in " + std::to_string(parts) + " parts");
  CpuDevice cpu;
  expect_same(train_with_prefetch(cpu, data, 66, 32, 3), train_by_parts(cpu, data, 66, 32, 3, "adam").weights,
              "on the CPU device");
}

TEST_F(FastTest, WholeStepsChangeNoBit) {
  const Dataset data = images(100);
  CpuDevice cpu;
  CudaDevice plain;
  for (const char* rule : {"sgd", "momentum", "adam"})
    for (size_t parts : {1, 3})
      for (size_t samples : {66, 96, 5}) {
        const WholeRun expected = train_by_parts(*device, data, samples, 32, parts, rule);
        for (size_t read_every : {2, 1000}) {
          const WholeRun run = train_whole(*device, data, samples, 32, parts, rule, read_every);
          expect_same(run.weights, expected.weights, std::string(rule) + ", " + std::to_string(samples) + " samples in " + std::to_string(parts) + " parts");
          EXPECT_EQ(run.losses, expected.losses) << rule;
        }
      }
  for (Device* other : {static_cast<Device*>(&cpu), static_cast<Device*>(&plain)}) {
    const WholeRun run = train_whole(*other, data, 66, 32, 3), expected = train_by_parts(*other, data, 66, 32, 3, "adam");
    expect_same(run.weights, expected.weights, "on another device");
    EXPECT_EQ(run.losses, expected.losses);
  }
}

// A loss of more rows than a block of threads, and the device's Adam afterwards, which counts from its argument again.
TEST_F(FastTest, AWholeStepOfManyRowsAndAnAdamAfterIt) {
  const Dataset data = images(700);
  for (size_t parts : {1, 2}) {
    const WholeRun run = train_whole(*device, data, 700, 600, parts), expected = train_by_parts(*device, data, 700, 600, parts, "adam");
    expect_same(run.weights, expected.weights, "600 rows");
    EXPECT_EQ(run.losses, expected.losses);
  }
}

// A step is one launch. Nobody waits but for the losses, once; before, each step started two copies, a graph and the update, and waited.
TEST_F(FastTest, AWholeStepIsOneLaunchAndNoWait) {
  if (!&cuda_on_cpu_waits) GTEST_SKIP() << "skipped: on a GPU nobody counts";
  const Dataset data = images(160);
  struct Counts {
    unsigned long waits, graphs, kernels;
    bool operator==(const Counts&) const = default;
  };
  const auto counts = [&](size_t steps, size_t parts) {
    const Counts before{cuda_on_cpu_waits, cuda_on_cpu_graphs, cuda_on_cpu_launches};
    train_whole(*device, data, 32 * steps, 32, parts);
    return Counts{cuda_on_cpu_waits - before.waits, cuda_on_cpu_graphs - before.graphs, cuda_on_cpu_launches - before.kernels};
  };
  for (size_t parts : {1, 3}) {
    const Counts two = counts(2, parts), five = counts(5, parts);
    EXPECT_EQ(five.waits, two.waits);
    EXPECT_EQ(five.graphs, 2u * 5) << "two epochs";
    EXPECT_EQ(five.kernels, two.kernels) << "of a step that was recorded nothing is started alone";
  }
  // What the text counts: kernels of a step of three layers, by the device of the course's network.
  const auto kernels = [&](const std::function<void()>& step) {
    const unsigned long before = cuda_on_cpu_launches;
    step();
    return cuda_on_cpu_launches - before;
  };
  const Layout layout = make_layout({784, 512, 256, 10});
  const Copied<> parameters(*device, Floats(layout.count)), gradients(*device, Floats(layout.count));
  Mlp mlp(*device, layout, parameters, gradients, {.rows = 2});
  SoftmaxHead head(*device, {.rows = 2});
  const std::vector<uint32_t> order = {0, 1};
  EXPECT_EQ(kernels([&] { load_images(mlp, data, order, {0, 2}), head.load_labels(data, order, {0, 2}); }), 0u);
  const auto passes = [&] { mlp.forward(2), head.backward(mlp, 2), mlp.backward(Write::overwrite); };
  device->set_matmul(fast::matmul_small_block);  // which masks no gradients
  EXPECT_EQ(kernels(passes), 14u);
  device->set_matmul(fast::matmul_three_shapes);
  EXPECT_EQ(kernels(passes), 12u);
  WholeStep step(mlp, data, {}, parameters, gradients, 1);
  step.begin_epoch(order, 2);
  EXPECT_EQ(kernels([&] { step.run({0, 2}); }), 12u + 3) << "gather, update, loss";
}

// The host waits for the loss of each micro-batch, which it reads, and for nothing else; with prefetch also for the copy of the next
// micro-batch, whose view it fills anew.
TEST_F(FastTest, AStepWaitsOnlyForWhatTheHostReads) {
  if (!&cuda_on_cpu_waits) GTEST_SKIP() << "skipped: on a GPU nobody counts waits";
  const Dataset data = images(160);
  for (const size_t of_a_part : {1, 2})
    for (const size_t parts : {1, 3}) {
      const auto waits = [&](size_t steps) {
        const unsigned long before = cuda_on_cpu_waits;
        if (of_a_part == 1) train_by_parts(*device, data, 32 * steps, 32, parts, "adam");
        else train_with_prefetch(*device, data, 32 * steps, 32, parts);
        return cuda_on_cpu_waits - before;
      };
      EXPECT_EQ(waits(5) - waits(2), 2 * 3 * parts * of_a_part) << "three steps more in each of two epochs";
    }
}

TEST_F(FastTest, AGraphIsRecordedOncePerKind) {
  StepGraph graph(*device);
  const Copied<> p(*device, Floats(3, 1.0f));
  int recordings = 0;
  auto doubles = [&] { ++recordings, device->scale(p, 2.0f, 3); };
  for (int i = 0; i < 5; ++i) graph.run({1, 1, Write::overwrite, 0}, doubles);
  EXPECT_EQ(recordings, 1);
  EXPECT_EQ(p.host(), Floats(3, 32.0f));
  graph.run({2, 1, Write::overwrite, 0}, doubles);
  EXPECT_EQ(recordings, 2);
  EXPECT_EQ(graph.recorded(), 2u);
  // Each of the arguments makes another kind, and none of the kinds is forgotten.
  for (int i = 0; i < 2; ++i)
    for (const StepGraph::Arguments& kind : {StepGraph::Arguments{1, 2, Write::overwrite, 0}, {1, 1, Write::accumulate, 0}, {1, 1, Write::overwrite, 1}})
      graph.run(kind, doubles);
  EXPECT_EQ(recordings, 5);
  EXPECT_EQ(graph.recorded(), 5u);
  EXPECT_EQ(p.host(), Floats(3, 4096.0f));
}

// A graph may be recorded only where no operation allocates: chapter 02's softmax does.
TEST_F(FastTest, OnChapter02sDeviceNothingIsRecorded) {
  CudaDevice plain;
  StepGraph graph(plain);
  int calls = 0;
  for (int i = 0; i < 3; ++i) graph.run({1, 1, Write::overwrite, 0}, [&] { ++calls; });
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(graph.recorded(), 0u);
}

TEST_F(FastTest, ALaunchThatIsRefusedEndsTheProgram) {
  const Buffer<> p(*device, 4, Purpose::workspace);
  const Buffer<int> labels(*device, 4, Purpose::workspace);
  FastCudaDevice& d = *device;
  const size_t n = size_t{1} << 40;
  std::vector<std::function<void()>> operations = {
      [&] { d.momentum(p, p, p, 1, 1, n); },
      [&] { d.adam(p, p, p, p, 1, 1, 1, 1, 1, n); },
      [&] { d.linear_backward_bias(p, p, Write::overwrite, 1, -1); },
      [&] { d.softmax_cross_entropy(p, p, p, labels, 1, -1, 1); },
  };
  const auto* numbers = reinterpret_cast<const fast::Bf16*>(p.data());
  if (fast::can_run({.needs_ampere = true})) operations.push_back([&, numbers] { fast::matmul_bf16(p, numbers, numbers, 1, 1 << 24, 1, {}, d.stream()); });
  operations.push_back([&d, &p] { fast::round_to_bf16(nullptr, row_major(p, 1), 1 << 24, 1, d.stream()); });
  for (const fast::Step& step : fast::matmul_steps()) {
    if (!fast::can_run(step) || step.matmul == fast::matmul_tensor_stages) continue;  // its operands would be a gigabyte
    // Chapter 02's kernel counts blocks of rows in y, which ends at 65535, all others blocks of columns.
    const int many = 1 << 24, m = step.matmul == fast::matmul_coalesced ? many : 1, columns = m == 1 ? many : 1;
    operations.push_back([&d, &p, &step, m, columns] {
      d.set_matmul(step.matmul);
      d.matmul(p, row_major(p, 1), row_major(p, columns), m, columns, 1, {});
    });
  }
  expect_refused(operations);
}

TEST_F(FastTest, NothingIsNoError) {
  const Buffer<> p(*device, 4, Purpose::workspace);
  const Buffer<int> labels(*device, 4, Purpose::workspace);
  device->fill(p, 5, 4);
  for (const fast::Step& step : fast::matmul_steps()) {
    if (!fast::can_run(step)) continue;
    device->set_matmul(step.matmul);
    for (const auto& [m, n] : {std::pair{0, 3}, {3, 0}, {0, 0}}) device->linear_forward(p, p, p, nullptr, Activation::none, m, 1, n);
  }
  device->linear_backward_bias(p, p, Write::overwrite, 3, 0);
  device->softmax_cross_entropy(p, p, p, labels, 1, 0, 3);
  device->momentum(p, p, p, 1, 1, 0);
  device->adam(p, p, p, p, 1, 1, 1, 1, 1, 0);
  Floats host(4);
  device->copy_out(host.data(), p.data(), 4);
  EXPECT_EQ(host, Floats(4, 5.0f));
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

TEST(MicroBatches, AreThoseOfTheLoop) {
  EXPECT_EQ(micro_batches(5, 4, 2), (std::vector<Range>{{0, 2}, {2, 4}, {4, 5}}));
  EXPECT_TRUE(micro_batches(0, 4, 2).empty());
}

}  // namespace
