// What chapter 09 claims: any number of ranks, sharing layers of any width, trains the model that one rank trains.
// ranks: 1 2 3 5 8
// more ranks: 4 7
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "chapters/01_serial/cpu_device.h"
#include "chapters/02_cuda/cuda_device.h"
#include "chapters/09_tensor_parallel/tensor.h"
#include "tests/device_waits.h"
#include "tests/late_device.h"
#include "tests/mpi_expect.h"
#include "tests/tensor_runs.h"

namespace {

using namespace tensor_runs;
using training_runs::Bound;

// Training that moves nothing agrees with everything.
bool moved(const Result& run) { return compare(run.weights, run.initial).max_abs > 1e-3; }

void expect_within_rounding(const TrainingRun& run, const Dataset& data, const Result& serial,
                            const Result& parallel, const std::string& what) {
  ASSERT_ON_ALL_RANKS(moved(serial)) << what;
  ASSERT_ON_ALL_RANKS(compare(parallel.initial, serial.initial).same_bits()) << what;
  const Bound bound = training_runs::rounding_bound(run, data, serial);
  const Distance d = training_runs::distance(parallel, serial);
  ASSERT_ON_ALL_RANKS(d.max_abs <= bound.max_abs && d.relative <= bound.relative)
      << what << ": " << d << "; bound " << bound.max_abs << ", relative " << bound.relative;
  // A loss is of the order of 1, and computed from weights that agree to the bound, times a few dozen of them.
  ASSERT_ON_ALL_RANKS(std::abs(parallel.loss - serial.loss) <= 100 * bound.max_abs) << what;
}

// --- Rung 1: bit for bit -------------------------------------------------------------------------------------------

TEST(OneRank, HasTheBitsOfTheSerialRun) {
  const Dataset data = small_data(80);
  CpuDevice device;
  for (const std::vector<int>& sizes : networks)
    for (const std::string& name : tensor_allreduce_names()) {
      const TrainingRun run{.sizes = sizes, .steps = 7};
      const Result serial = training_runs::train(device, run, data);
      const Result one = train_on_ranks(device, run, data, name, 1, MPI_COMM_SELF);
      ASSERT_ON_ALL_RANKS(moved(serial));
      ASSERT_ON_ALL_RANKS(compare(one.weights, serial.weights).same_bits()) << name_of(sizes) << ", " << name;
      ASSERT_ON_ALL_RANKS(one.loss == serial.loss);
    }
}

TEST(Slices, OfAllRanksAreTheInitialWeights) {
  CpuDevice device;
  for (const std::vector<int>& sizes : networks) {
    const Layout all = make_layout(sizes);
    std::vector<float> expected(all.count);
    initialize(expected.data(), all, 1);
    Trainer t(device, sizes, {.rows = 1});
    ASSERT_ON_ALL_RANKS(compare(t.whole(t.parameters), expected).same_bits()) << name_of(sizes);
  }
}

TEST(Slices, AreCutFromTheWholeAsTheyArePlacedInIt) {
  for (const std::vector<int>& sizes : networks)
    for (size_t first = 0; first + 1 < sizes.size(); ++first) {
      const Layout all = make_layout(sizes),
                   mine = make_layout(sizes, {first, sizes.size() - 1}, {world_rank(), world_size()});
      std::vector<float> whole(all.count), part(mine.count), back(mine.count, -1), placed(all.count, -1);
      std::iota(whole.begin(), whole.end(), 0.0f);
      cut_slice(part, mine, whole, all);
      place_slice(placed, all, part, mine);
      cut_slice(back, mine, placed, all);
      ASSERT_ON_ALL_RANKS(part == back);
      const auto misplaced = [&](size_t i) { return placed[i] != -1 && placed[i] != whole[i]; };
      for (size_t i = 0; i < all.count; ++i) ASSERT_FALSE(misplaced(i)) << i;
      // Every element of the slice has its own place.
      ASSERT_EQ(size_t(std::count_if(placed.begin(), placed.end(), [](float x) { return x != -1; })),
                mine.count);
    }
}

// No sum over ranks comes before the output of the first layer, so nothing may differ.
TEST(ColumnParallelForward, HasTheBitsOfTheSerialColumns) {
  const Dataset data = small_data(29);
  CpuDevice device;
  for (const std::vector<int>& sizes : networks) {
    Trainer all(device, sizes, {.rows = 29}, "rank-order", MPI_COMM_SELF), t(device, sizes, {.rows = 29});
    all.step(data, in_order(data), {0, 29});
    t.step(data, in_order(data), {0, 29});
    const Window& w = t.layout.layers[0].w;
    bool same = true;
    for (int r = 0; r < 29; ++r)
      for (int c = 0; c < w.columns; ++c)
        same = same && t.mlp.activation(1, 0)[r * w.columns + c] ==
                           all.mlp.activation(1, 0)[r * w.whole_columns + w.first_column + c];
    ASSERT_ON_ALL_RANKS(same) << name_of(sizes);
  }
}

// The pair of layers that the text works out by hand: whole numbers, so every number of ranks gives them exactly.
TEST(PairOfLayers, GivesTheWorkedExample) {
  const float w[2][4][2] = {{{1, 0}, {0, 1}, {1, -1}, {1, -1}}, {{1, 2}, {3, -4}}};
  CpuDevice device;
  Trainer t(device, {4, 2, 2, 3}, {0, 2}, {.rows = 2, .input_gradient = true}, "rank-order", MPI_COMM_WORLD);
  for (int l = 0; l < 2; ++l) {
    const Layer& layer = t.layout.layers[size_t(l)];
    float* mine = t.mlp.parameters(l);
    for (int r = 0; r < layer.w.rows; ++r)
      for (int c = 0; c < layer.w.columns; ++c)
        *mine++ = w[l][layer.w.first_row + r][layer.w.first_column + c];
    std::fill_n(mine, layer.out, 1.0f);
  }
  const std::vector<float> x = {1, 2, 0, 1, 0, 1, 1, 2}, y = {10, 0, 5, 9};
  std::copy(x.begin(), x.end(), t.mlp.input());
  t.mlp.forward(2);
  ASSERT_ON_ALL_RANKS(std::equal(y.begin(), y.end(), t.mlp.output()));
  std::fill_n(t.mlp.output_gradient(), 4, 1.0f);
  t.mlp.backward(Write::overwrite);
  // Four floats of y, eight of dx.
  const size_t floats = world_size() == 1 ? 0 : 4 + 8;
  ASSERT_ON_ALL_RANKS(t.tensor.traffic().floats == floats);
}

// Where the order of a sum does not depend on the position, a row's output does not depend on the rows beside it.
TEST(RowParallelForward, GivesARowTheSameBitsAloneAndAmongOthers) {
  const Dataset data = small_data(70);
  CpuDevice device;
  for (const Named<Allreduce>& allreduce : allreduces()) {
    if (allreduce.order_depends_on_position || allreduce.needs_window) continue;
    Trainer t(device, {35, 23, 17}, {.rows = 70}, allreduce.name);
    load_images(t.mlp, data, in_order(data), {0, 70});
    t.mlp.forward(70);
    const std::vector<float> together(t.mlp.output(), t.mlp.output() + 70 * 17);
    bool same = true;
    for (size_t r = 0; r < 70; r += 23) {
      load_images(t.mlp, data, in_order(data), {r, r + 1});
      t.mlp.forward(1);
      same = same && std::equal(together.begin() + ptrdiff_t(17 * r),
                                together.begin() + ptrdiff_t(17 * (r + 1)), t.mlp.output());
    }
    ASSERT_ON_ALL_RANKS(same) << allreduce.name;
  }
}

// Two ranges of layers, one after the other, as two stages of a pipeline would have them: each rank gives what it has
// to the rank with its number, here itself.
TEST(RangesOfLayers, HaveTheBitsOfAllLayersTogether) {
  const Dataset data = small_data(29);
  const std::vector<uint32_t> order = in_order(data);
  CpuDevice device;
  for (const std::vector<int>& sizes : networks)
    for (size_t cut = 1; cut + 1 < sizes.size(); ++cut) {
      Trainer all(device, sizes, {.rows = 29});
      all.step(data, order, {0, 29});

      Trainer front(device, sizes, {0, cut}, {.rows = 29}, "rank-order", MPI_COMM_WORLD);
      Trainer back(device, sizes, {cut, sizes.size() - 1}, {.rows = 29, .input_gradient = true}, "rank-order",
                   MPI_COMM_WORLD);
      ASSERT_EQ(front.layout.out(), back.layout.in());
      const size_t n = 29 * size_t(back.layout.in());
      load_images(front.mlp, data, order, {0, 29});
      back.head.load_labels(data, order, {0, 29});
      front.mlp.forward(29);
      device.copy(back.mlp.input(), front.mlp.output(), n);
      back.mlp.forward(29);
      back.head.backward(back.mlp, 29);
      back.mlp.backward(Write::overwrite);
      device.copy(front.mlp.output_gradient(), back.mlp.input_gradient(), n);
      front.mlp.backward(Write::overwrite);

      std::vector<float> gradients = front.whole(front.gradients), rest = back.whole(back.gradients);
      gradients.insert(gradients.end(), rest.begin(), rest.end());
      ASSERT_ON_ALL_RANKS(compare(gradients, all.whole(all.gradients)).same_bits())
          << name_of(sizes) << ", cut before layer " << cut;
    }
}

// --- Rung 3: another order of sums ---------------------------------------------------------------------------------

// Layer by layer, so that a small gradient cannot hide behind a large one.
TEST(Gradients, OfOneStepAgreeInEveryLayer) {
  const Dataset data = small_data(64);
  CpuDevice device;
  for (const std::vector<int>& sizes : networks)
    for (int micro_batches : {1, 3}) {
      Trainer one(device, sizes, {.rows = 64}, "rank-order", MPI_COMM_SELF), t(device, sizes, {.rows = 64});
      const double loss = t.step(data, in_order(data), {0, 64}, micro_batches);
      const double expected = one.step(data, in_order(data), {0, 64}, micro_batches);
      ASSERT_ON_ALL_RANKS(std::abs(loss - expected) <= 1e-6 * expected) << loss << " " << expected;
      const std::vector<float> mine = t.whole(t.gradients), serial = one.whole(one.gradients);
      for (const Layer& layer : one.layout.layers)
        for (const Window& window : {layer.w, layer.b}) {
          const Distance d = compare(std::span<const float>(mine).subspan(window.offset, window.size()),
                                     std::span<const float>(serial).subspan(window.offset, window.size()));
          // A sum of at most 64 terms, each the product of a few such sums, each rounded by 2^-24 of a partial sum
          // that is at most 8 (sqrt 64) times the result's typical size: 1e-5 is some ten times the roundings and
          // their cancellation, and a thousandth of what any missing or doubled term makes.
          ASSERT_ON_ALL_RANKS(d.relative <= 1e-5) << name_of(sizes) << ", " << micro_batches
                                                  << " micro-batches, layer " << layer.index << ": " << d;
        }
    }
}

TEST(Training, StaysWithinWhatTheOrderOfSumsExplains) {
  const Dataset data = small_data(300);
  CpuDevice device;
  for (const std::vector<int>& sizes : networks) {
    const TrainingRun run{.sizes = sizes};
    const Result serial = training_runs::train(device, run, data);
    expect_within_rounding(run, data, serial, train_on_ranks(device, run, data), name_of(sizes));
  }
}

TEST(Training, WithEveryAllreduce) {
  const Dataset data = small_data(300);
  CpuDevice device;
  const TrainingRun run{.sizes = {35, 23, 17, 10}};
  const Result serial = training_runs::train(device, run, data);
  for (const std::string& name : tensor_allreduce_names())
    expect_within_rounding(run, data, serial, train_on_ranks(device, run, data, name), name);
}

TEST(Training, WithEveryOptimizerAndMicroBatches) {
  const Dataset data = small_data(300);
  CpuDevice device;
  for (const char* optimizer : {"sgd", "momentum", "adam"}) {
    const TrainingRun run{.sizes = {35, 23, 17, 13, 10}, .optimizer = optimizer};
    const Result serial = training_runs::train(device, run, data);
    expect_within_rounding(run, data, serial, train_on_ranks(device, run, data, "rank-order", 5), optimizer);
  }
}

TEST(Training, OfBatchesOfOneRowAndOfFewerRowsThanRanks) {
  const Dataset data = small_data(31);
  CpuDevice device;
  const TrainingRun run{.sizes = {35, 23, 17, 10}, .batch = 3, .steps = 12};
  const Result serial = training_runs::train(device, run, data);
  expect_within_rounding(run, data, serial, train_on_ranks(device, run, data), "3 rows");
  expect_within_rounding(run, data, serial, train_on_ranks(device, run, data, "rank-order", 3),
                         "rows one by one");
}

TEST(Training, WhereEverythingComesAsLateAsItMay) {
  const Dataset data = small_data(64);
  for (const std::vector<int>& sizes : {networks[1], networks[3], networks[6]})
    for (int micro_batches : {1, 3}) {
      const TrainingRun run{.sizes = sizes, .batch = 16, .steps = 12};
      CpuDevice cpu;
      LateDevice late;
      const Result at_once = train_on_ranks(cpu, run, data, "rank-order", micro_batches);
      for (const size_t longest_piece : {1 << 18, 5}) {
        const Result delayed = train_on_ranks(late, run, data, "rank-order", micro_batches, MPI_COMM_WORLD, "host", longest_piece);
        EXPECT_ON_ALL_RANKS(compare(delayed.weights, at_once.weights).same_bits() && delayed.loss == at_once.loss) << name_of(sizes);
      }
    }
}

// Copies, in the order in which they are asked for: (o)ut, waited for (w), (i)n; and products for (d)w.
template <class Kind>
struct Listening : Kind {
  void begin_copy_out(float* p, size_t n) override { said += 'o', Kind::begin_copy_out(p, n); }
  void end_copy_out(float* p, size_t n) override { said += 'w', Kind::end_copy_out(p, n); }
  void begin_copy_in(float* p, size_t n) override { said += 'i', Kind::begin_copy_in(p, n); }
  void linear_backward_weights(float* dw, const float* x, const float* dy, Write write, int rows, int in, int out) override {
    said += 'd', Kind::linear_backward_weights(dw, x, dy, write, rows, in, out);
  }
  std::string said;
};

// Makes a sum of n numbers, in pieces of 5.
template <class Kind>
std::string said_by_a_sum(size_t n) {
  Listening<Kind> device;
  Trainer t(device, {35, 23, 10}, {.rows = 4}, "rank-order", MPI_COMM_WORLD, "host", 5);
  const Buffer p(device, 23, Purpose::activations);
  device.fill(p, float(world_rank()), 23);
  device.said = "";
  t.tensor.sum(p, n);
  const std::string said = device.said;
  std::vector<float> sums(23), right(23, float(world_rank()));
  device.copy_out(sums.data(), p.data(), 23);
  std::fill_n(right.begin(), n, float(world_size() * (world_size() - 1) / 2));
  EXPECT_ON_ALL_RANKS(sums == right) << n;
  return said;
}

// While a piece travels, those behind it are on their way out and those before it on their way in. Without copies there is one piece.
TEST(Pieces, GoOutTogetherAndEachComesInWhenItIsSummed) {
  for (const auto& [n, expected] : {std::pair{23, "ooooowiwiwiwiwi"}, {10, "oowiwi"}, {6, "oowiwi"}, {5, "owi"}, {4, "owi"}})
    EXPECT_ON_ALL_RANKS(said_by_a_sum<LateDevice>(size_t(n)) == expected) << n;
  EXPECT_ON_ALL_RANKS(said_by_a_sum<CpuDevice>(23) == "owi");
}

// In backward the copy of dx goes out before the product for dw, and the host waits for it when it has asked for that product, too. Layers 4
// and 2 are cut by columns.
TEST(Backward, AsksForDwBeforeItWaitsForTheCopyOfDx) {
  Listening<LateDevice> device;
  Trainer t(device, {35, 23, 17, 13, 12, 10}, {0, 5}, {.rows = 5}, "rank-order", MPI_COMM_WORLD);
  t.mlp.forward(5);
  device.fill(t.mlp.output_gradient(), 1, 5 * size_t(t.layout.layers.back().out));
  device.said = "";
  t.mlp.backward(Write::overwrite);
  EXPECT_ON_ALL_RANKS(device.said == (world_size() > 1 ? "odwidodwidd" : "ddddd")) << device.said;
}

// Tests that run on CUDA devices.
struct OnCuda : testing::Test {
  void SetUp() override {
    try {
      device = make_device("cuda", world_rank());
    } catch (const NoGpu& error) {
      GTEST_SKIP() << "skipped: " << error.what();
    }
  }
  std::unique_ptr<Device> device;
};

TEST_F(OnCuda, Training) {
  const Dataset data = small_data(64);
  CpuDevice cpu;
  for (const std::vector<int>& sizes : {networks[1], networks[3], networks[6]}) {
    const TrainingRun run{.sizes = sizes, .batch = 16, .steps = 12};
    const Result serial = training_runs::train(cpu, run, data);
    expect_within_rounding(run, data, serial, train_on_ranks(*device, run, data), name_of(sizes));
  }
}

// The host waits for each matrix or row of numbers that is to be summed, and for each micro-batch's loss: behind every layer cut by rows,
// before every one cut by columns but the first, and twice where the classes are cut. In forward it waits for each piece, but where pieces
// would change sums: in a ring.
TEST(WaitsForGpu, AreThoseOfTheSumsAndTheLoss) {
  std::string reason;
  const std::unique_ptr<Device> counting = device_that_counts(reason);
  if (!counting) GTEST_SKIP() << reason;
  const Dataset data = small_data(64);
  for (const std::vector<int>& sizes : networks)
    for (const auto& [allreduce, longest_piece] : {std::pair{"rank-order", size_t{1} << 18}, {"rank-order", 5}, {"ring", 5}})
      for (const size_t micro_batches : {1, 3}) {
        Trainer t(*counting, sizes, {.rows = 16}, allreduce, MPI_COMM_WORLD, "host", longest_piece);
        Optimizer optimizer(*counting, {}, t.layout.count);
        const auto waits_for = [&, most = std::string(allreduce) == "ring" ? size_t{1} << 18 : longest_piece](size_t n) { return (n + most - 1) / most; };
        const size_t layers = sizes.size() - 1;
        const auto expected = [&](size_t rows) {
          size_t waits = 1 + (layers - 1) / 2;  // the loss; in backward each dx is one sum
          for (size_t l = 1; l < layers; l += 2) waits += waits_for(rows * size_t(sizes[l + 1]));
          return waits + (layers % 2 == 1 ? 2 * waits_for(rows) : 0);
        };
        const auto step = [&](Range batch) { t.step(data, in_order(data), batch, int(micro_batches)), optimizer.step(t.parameters, t.gradients); };
        step({0, 16});
        for (const Range batch : {Range{16, 32}, {32, 41}}) {
          const unsigned long waits = waits_of([&] { step(batch); });
          unsigned long right = 0;
          for (size_t m = 0; m < micro_batches; ++m) right += world_size() > 1 ? expected(share(batch, micro_batches, m).size()) : 1;
          EXPECT_ON_ALL_RANKS(waits == right) << name_of(sizes) << ", " << allreduce << ": " << waits << ", expected " << right;
        }
      }
}

// --- The head ------------------------------------------------------------------------------------------------------

void expect_split_classes_as_whole_ones(Device& device) {
  const size_t rows = 23;
  const Dataset data = small_data(rows);
  for (int kind : {0, 1, 2, 3}) {
    const std::vector<float> z = logits(kind, rows);
    Trainer t(device, {35, 10}, {.rows = int(rows)});
    const Window& w = t.layout.layers[0].w;
    std::vector<float> mine;
    for (size_t r = 0; r < rows; ++r)
      mine.insert(mine.end(), z.begin() + ptrdiff_t(10 * r) + w.first_column,
                  z.begin() + ptrdiff_t(10 * r) + w.first_column + w.columns);
    t.mlp.set_rows(int(rows));
    device.copy_in(t.mlp.output(), mine.data(), mine.size());
    t.head.load_labels(data, in_order(data), {0, rows});
    t.head.backward(t.mlp, rows);
    const double loss = t.head.loss(t.mlp, rows);
    device.copy_out(mine.data(), t.mlp.output_gradient(), mine.size());

    CpuDevice cpu;
    std::vector<float> losses(rows), dz(10 * rows);
    const std::vector<int> labels(data.labels.begin(), data.labels.end());
    cpu.softmax_cross_entropy(losses.data(), dz.data(), z.data(), labels.data(), 1.0f / float(rows),
                              int(rows), 10);
    const double expected = std::accumulate(losses.begin(), losses.end(), 0.0) / double(rows);
    // A sum of ten positive terms and one quotient: some roundings of 6e-8, of values up to 1 / rows. On a GPU expf
    // has an error of two units.
    bool close = std::abs(loss - expected) <= 1e-6 * std::abs(expected);
    for (size_t r = 0; r < rows; ++r)
      for (int c = 0; c < w.columns; ++c)
        close = close && std::abs(mine[r * size_t(w.columns) + size_t(c)] -
                                  dz[10 * r + size_t(w.first_column + c)]) <= 1e-6f / float(rows);
    ASSERT_ON_ALL_RANKS(close) << device.name() << ", kind " << kind << ": " << loss << " " << expected;
  }
}

TEST(SplitClasses, HaveTheLossAndGradientOfWholeOnes) {
  CpuDevice device;
  expect_split_classes_as_whole_ones(device);
}
TEST_F(OnCuda, SplitClassesHaveTheLossAndGradientOfWholeOnes) { expect_split_classes_as_whole_ones(*device); }

}  // namespace
