// ranks: 1 2 3 4 6
//
// Chapter 10's grid on a device of 16 bits: nothing of the grid knows of it, and within a precision the bits are those of one rank.
#include <gtest/gtest.h>

#include <cmath>

#include "chapters/01_serial/serial_training.h"
#include "chapters/10_hybrid/grid_footprint.h"
#include "chapters/11_fewer_bits/fewer_bits_device.h"
#include "common/mpi_guard/leftovers.h"
#include "tests/grid_runs.h"
#include "tests/late_device.h"

namespace guard {  // weak: null without the guard (GUARD=0)
__attribute__((weak)) const Traffic& traffic();
}

namespace {

using namespace grid_runs;

constexpr int steps = 7;
MessageFormat bf16_messages() { return {sixteen_bits("bf16").narrow, sixteen_bits("bf16").widen}; }

struct Trained {
  std::vector<float> weights;
  std::vector<double> losses;
};

Trained on_one_rank(const char* precision, const HybridSettings& s, const Dataset& d) {
  FewerBitsDevice device(precision);
  SerialTraining training(device, s.sizes, s.optimizer, s.rows(), 1);
  Trained result;
  result.losses = for_each_step(d, 0, steps, [&](const std::vector<uint32_t>& order, Range batch) {
    return training.step(d, order, batch, s.micro_batches);
  });
  result.weights = training.weights();
  return result;
}

Trained on_the_grid(const char* precision, const GridShape& shape, const HybridSettings& s, const Dataset& d) {
  FewerBitsDevice device(precision);
  const Grid grid(shape, MPI_COMM_WORLD);
  HybridModel model(device, grid, s);
  model.initialize(1);
  Trained result;
  result.losses = train(model, d, 0, steps);
  result.weights = model.weights();
  return result;
}

// Activations and their gradients are 16 bits on both sides of a message, so nothing is rounded there.
TEST(Grid, InSixteenBitsHasTheBitsOfOneRank) {
  const Dataset d = data();
  for (const char* precision : {"bf16", "half"}) {
    const HybridSettings s = settings("momentum", 5, true);
    const Trained one = on_one_rank(precision, s, d);
    for (const GridShape& shape : shapes_of(ranks())) {
      if (shape.tensor > 1) continue;
      const Trained all = on_the_grid(precision, shape, s, d);
      EXPECT_ON_ALL_RANKS(compare(all.weights, one.weights).same_bits()) << precision << " " << to_string(shape);
      EXPECT_ON_ALL_RANKS(all.losses == one.losses) << precision << " " << to_string(shape);
    }
  }
}

// Between stages an activation travels as it is stored, and so does its gradient on its way back: two bytes a number.
TEST(Grid, SendsTwoBytesOfANumberBetweenStages) {
  if (!&guard::traffic) GTEST_SKIP() << "skipped: the bytes are counted by the guard";
  const Dataset d = data();
  const HybridSettings s = settings("sgd", 5, false);
  const Grid grid({1, ranks(), 1}, MPI_COMM_WORLD);
  CpuDevice cpu;
  FewerBitsDevice bf16("bf16");
  for (const auto& [device, bytes_of_number] : {std::pair<Device*, int64_t>{&cpu, 4}, {&bf16, 2}}) {
    HybridModel model(*device, grid, s);
    model.initialize(1);
    const int64_t before = guard::traffic().bytes;
    model.step(d, permutation(1, 0, d.count), {0, batch_rows});
    const Layout here = stage_layout(s, grid.shape, grid.place).chunks[0];
    const int64_t numbers = int64_t(batch_rows) * ((grid.last_stage() ? 0 : here.out()) + (grid.place.pipeline > 0 ? here.in() : 0));
    const int64_t losses = 8 * (s.micro_batches + 2);  // with the signals
    EXPECT_ON_ALL_RANKS(guard::traffic().bytes - before == bytes_of_number * numbers + losses)
        << guard::traffic().bytes - before << " bytes, " << numbers << " numbers";
  }
}

// On this rank alone, from the definition of rounding: the gradient of each data rank, or of each micro-batch, is rounded; then floats are
// added.
std::vector<float> with_rounded_terms(Device& device, int data_ranks, const HybridSettings& s, const Dataset& d) {
  const Layout layout = make_layout(s.sizes);
  std::vector<float> parameters(layout.count), gradients(layout.count), sum;
  initialize(parameters.data(), layout, 1);
  const Space space{.rows = s.rows()};
  Mlp mlp(device, layout, parameters.data(), gradients.data(), space);
  SoftmaxHead head(device, space);
  Optimizer optimizer(device, s.optimizer, layout.count);
  const auto add = [&] {
    for (float& x : gradients) x = rounded(x, bf16_format);
    if (sum.empty()) sum = gradients;
    else for (size_t i = 0; i < sum.size(); ++i) sum[i] += gradients[i];
  };
  for_each_step(d, 0, steps, [&](const std::vector<uint32_t>& order, Range batch) {
    sum.clear();
    for (int r = 0; r < data_ranks; ++r) {
      bool has_rows = false;
      const Range own = own_micro_batches(s.micro_batches, data_ranks, r);
      for (size_t m = own.first; m < own.last; ++m) {
        const Range rows = share(batch, size_t(s.micro_batches), m);
        if (rows.empty()) continue;
        load_images(mlp, d, order, rows);
        head.load_labels(d, order, rows);
        mlp.forward(int(rows.size()));
        head.backward(mlp, batch.size());
        mlp.backward(has_rows && !s.reproducible ? Write::accumulate : Write::overwrite);
        has_rows = true;
        if (s.reproducible) add();
      }
      if (has_rows && !s.reproducible) add();
    }
    optimizer.step(parameters.data(), sum.data());
    return 0.0;
  });
  return parameters;
}

// Five micro-batches: of six data ranks one has none. What is kept for messages is half of that, by formula and counted.
TEST(Gradients, TravelAsBf16AndAreAddedInFloats) {
  const Dataset d = data();
  for (const std::string kind : {"float", "late", "bf16"})
    for (const bool reproducible : {false, true})
      for (const GridShape& shape : shapes_of(ranks())) {
        HybridSettings s = settings("momentum", 5, reproducible);
        s.gradients_as = bf16_messages();
        s.activation_bytes = kind == "bf16" ? 2 : 4;
        const auto make = [&]() -> std::unique_ptr<Device> {
          if (kind == "bf16") return std::make_unique<FewerBitsDevice>("bf16");
          return test_device(kind == "late" ? "late" : "cpu");
        };
        const std::unique_ptr<Device> device = make();
        HybridModel model(*device, grid_of(shape), s);
        model.initialize(1);
        train(model, d, 0, steps);
        const std::vector<float> weights = model.weights();
        const GridFootprint found = counted_footprint(*device), formula = predict_footprint(s, shape, grid_of(shape).place);
        const std::string what = kind + " " + told(shape, s);
        EXPECT_ON_ALL_RANKS(found == formula) << what << ": exchange " << found.exchange << ", " << formula.exchange;
        if (shape.tensor > 1) continue;  // other sums: other bits
        const bool rounds = shape.data > 1 || reproducible;
        CpuDevice cpu;
        FewerBitsDevice sixteen("bf16");
        Device& alone = kind == "bf16" ? static_cast<Device&>(sixteen) : cpu;
        const std::vector<float> expected = rounds ? with_rounded_terms(alone, shape.data, s, d) : on_one_rank("bf16", s, d).weights;
        if (rounds || kind == "bf16") {
          EXPECT_ON_ALL_RANKS(compare(weights, expected).same_bits()) << what;
        }
        if (rounds && kind == "bf16") {
          EXPECT_ON_ALL_RANKS(!compare(weights, on_one_rank("bf16", s, d).weights).same_bits()) << what;
        }
      }
}

// Each rank sends, of each layer and each of its terms, the others' parts in two bytes a number; then its own part, new weights, to each
// of them as floats.
TEST(Gradients, AreHalfOfTheBytes) {
  if (!&guard::traffic) GTEST_SKIP() << "skipped: the bytes are counted by the guard";
  const Dataset d = data();
  for (const bool reproducible : {false, true})
    for (const int64_t bytes : {4, 2}) {
      HybridSettings s = settings("sgd", 2 * ranks() + 1, reproducible);
      if (bytes == 2) s.gradients_as = bf16_messages();
      GridRun run({ranks(), 1, 1}, s);
      const int64_t before = guard::traffic().bytes;
      run.model.step(d, permutation(1, 0, d.count), {0, batch_rows});
      const int64_t terms = reproducible ? int64_t(share(size_t(s.micro_batches), size_t(ranks()), size_t(rank())).size()) : 1;
      int64_t expected = 8 * (s.micro_batches + 2);  // losses, with the signals
      for (size_t l = 0; l + 1 < sizes.size(); ++l) {
        const size_t all = size_t(sizes[l] + 1) * size_t(sizes[l + 1]), own = share(all, size_t(ranks()), size_t(rank())).size();
        expected += bytes * terms * int64_t(all - own) + 4 * int64_t(own) * (ranks() - 1);
      }
      EXPECT_ON_ALL_RANKS(guard::traffic().bytes - before == expected) << guard::traffic().bytes - before << " bytes, not " << expected;
    }
}

// With `reproducible` only weights go in two levels, and no bit depends on that.
TEST(Gradients, OfSixteenBitsAreAddedInOneLevel) {
  const Dataset d = data();
  const GridShape shape{ranks(), 1, 1};
  HybridSettings s = settings("momentum", 5, true);
  s.gradients_as = bf16_messages();
  std::vector<float> weights[2];
  for (const bool two : {false, true}) {
    s.two_level = two, s.nodes.clear();
    for (int r = 0; r < ranks() && two; ++r) s.nodes.push_back(r / 2);
    GridRun run(shape, s);
    train(run.model, d, 0, 2);
    weights[two] = run.model.weights();
  }
  EXPECT_ON_ALL_RANKS(weights[0] == weights[1]);
  s.reproducible = false;
  EXPECT_ON_ALL_RANKS(error_of([&] { GridRun(shape, s); }) == (ranks() == 1 ? "" : "gradients of 16 bits are added in one level"));
}

// 17, 13, 11 numbers a row, and buffers of odd length: each is of whole floats. The output and its gradient are floats.
TEST(Memory, OfActivationsIsHalf) {
  for (const GridShape& shape : shapes_of(ranks()))
    for (const int keep_every : {1, 2, 3})
      for (const std::string schedule : {"1f1b", "zb-h1"}) {
        if (schedule == "zb-h1" && keep_every > 1) continue;  // which keeps all
        HybridSettings s = settings("sgd", 5, false);
        s.keep_every = keep_every, s.schedule = schedule, s.activation_bytes = 2;
        FewerBitsDevice device("bf16");
        HybridModel model(device, grid_of(shape), s);
        const GridFootprint found = counted_footprint(device), formula = predict_footprint(s, shape, grid_of(shape).place);
        EXPECT_ON_ALL_RANKS(found == formula) << told(shape, s) << ": activations " << found.activations << ", " << formula.activations;
        s.activation_bytes = 4;
        EXPECT_ON_ALL_RANKS(predict_footprint(s, shape, grid_of(shape).place).activations > found.activations);
      }
}

// Tensor ranks round parts of a sum before they are added: each by half of a spacing of bf16 at most, 2^-8 of its size. So losses
// are the same to some per cent, while one that is counted twice, or a sum that is left out, is far from that.
TEST(Grid, TensorRanksRoundPartsOfSums) {
  const Dataset d = data();
  const HybridSettings s = settings("sgd", 5, false);
  const Trained one = on_one_rank("bf16", s, d);
  for (const GridShape& shape : shapes_of(ranks())) {
    const Trained all = on_the_grid("bf16", shape, s, d);
    for (int step = 0; step < steps; ++step)
      EXPECT_ON_ALL_RANKS(std::abs(all.losses[size_t(step)] - one.losses[size_t(step)]) <= 0.03 * one.losses[size_t(step)])
          << to_string(shape) << ", step " << step << ": " << all.losses[size_t(step)] << ", one rank " << one.losses[size_t(step)];
  }
}

}  // namespace
