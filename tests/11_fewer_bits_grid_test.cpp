// ranks: 1 2 3 6
// more ranks: 4
//
// Chapter 10's grid on a device of 16 bits: nothing of the grid knows of it, and within a precision the bits are those of one rank.
#include <gtest/gtest.h>

#include <cmath>

#include "chapters/01_serial/serial_training.h"
#include "chapters/10_hybrid/grid_footprint.h"
#include "chapters/11_fewer_bits/fewer_bits_device.h"
#include "common/mpi_guard/leftovers.h"
#include "tests/late_device.h"
#include "tests/node_sums.h"

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
      const Range own = own_micro_batches(s.micro_batches, data_ranks, r);
      size_t rows_of_rank = 0;
      for (size_t m = own.first; m < own.last; ++m) {
        const size_t rows = share(batch, size_t(s.micro_batches), m).size();
        rows_of_rank += rows;
        if (!s.reproducible || rows == 0) continue;
        gradients_of(mlp, head, d, order, batch, s.micro_batches, {m, m + 1});
        add();
      }
      if (s.reproducible || rows_of_rank == 0) continue;
      gradients_of(mlp, head, d, order, batch, s.micro_batches, own);
      add();
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

// In two levels floats are added inside a node, and the sum of a node is rounded, which travels; on one node nothing is. With
// `reproducible` only weights go in two levels, and no bit depends on that.
TEST(Gradients, OfNodesAreRoundedBetweenThem) {
  const GridShape shape{ranks(), 1, 1};
  for (const std::vector<int>& nodes : some_nodes())
    for (const std::string kind : {"late", "bf16"})
      for (const int micro_batches : {2, ranks(), 2 * ranks() + 1}) {
        if (kind == "bf16" && micro_batches <= ranks()) continue;
        const Dataset d = micro_batches == ranks() ? random_dataset(17, 30) : data();
        HybridSettings s = settings("momentum", micro_batches, false);
        s.gradients_as = bf16_messages(), s.two_level = true, s.nodes = nodes, s.activation_bytes = kind == "bf16" ? 2 : 4;
        FewerBitsDevice sixteen("bf16");
        const std::unique_ptr<Device> floats = test_device("late");
        Device& device = kind == "bf16" ? static_cast<Device&>(sixteen) : *floats;
        HybridModel model(device, grid_of(shape), s);
        model.initialize(1);
        train(model, d, 0, steps);
        const std::vector<float> weights = model.weights();
        const GridFootprint found = counted_footprint(device), formula = predict_footprint(s, shape, grid_of(shape).place);
        const std::string what = kind + ", nodes " + testing::PrintToString(nodes) + ", " + told(shape, s);
        EXPECT_ON_ALL_RANKS(found == formula) << what << ": exchange " << found.exchange << ", " << formula.exchange;
        const auto round = [&](std::vector<float>& sum) {
          const bool travels = std::ranges::count(nodes, nodes[0]) < ranks();
          for (float& x : sum) x = travels ? rounded(x, bf16_format) : x;
        };
        CpuDevice cpu;
        FewerBitsDevice bf16("bf16");
        Device& alone = kind == "bf16" ? static_cast<Device&>(bf16) : cpu;
        const std::vector<float> expected = train_by_nodes(alone, s, d, steps, round);
        EXPECT_ON_ALL_RANKS(compare(weights, expected).same_bits()) << what << ": " << compare(weights, expected);
      }
  const Dataset d = data();
  HybridSettings s = settings("momentum", 5, true);
  s.gradients_as = bf16_messages();
  GridRun one_level(shape, s);
  s.two_level = true, s.nodes = some_nodes()[1];
  GridRun two_levels(shape, s);
  for (GridRun* run : {&one_level, &two_levels}) train(run->model, d, 0, 2);
  EXPECT_ON_ALL_RANKS(one_level.model.weights() == two_levels.model.weights());
  const GridFootprint found = counted_footprint(two_levels.device), formula = predict_footprint(s, shape, grid_of(shape).place);
  EXPECT_ON_ALL_RANKS(found == formula) << "exchange " << found.exchange << ", " << formula.exchange;
}

// What leaves each node in a step, in bytes: of its ranks' sums of foreign parts one number of 16 bits each, then of its own parts, new
// weights, a float for each other node. Inside a node all is floats. By the guard, which counts all; so on nodes of one rank each, where
// nothing goes inside.
TEST(Gradients, OfNodesAreHalfOfTheBytesBetweenThem) {
  if (!&guard::traffic) GTEST_SKIP() << "skipped: the bytes are counted by the guard";
  const Dataset d = data();
  for (const bool alone : {true, false})
    for (const int64_t bytes : {4, 2}) {
      HybridSettings s = settings("sgd", ranks(), false);
      s.two_level = true;
      for (int r = 0; r < ranks(); ++r) s.nodes.push_back(alone ? r : 0);
      if (bytes == 2) s.gradients_as = bf16_messages();
      GridRun run({ranks(), 1, 1}, s);
      const int64_t before = guard::traffic().bytes;
      run.model.step(d, permutation(1, 0, d.count), {0, batch_rows});
      int64_t expected = 8 * (s.micro_batches + 2);  // losses, with the signals
      for (size_t l = 0; l + 1 < sizes.size(); ++l) {
        const size_t all = size_t(sizes[l] + 1) * size_t(sizes[l + 1]), own = share(all, size_t(ranks()), size_t(rank())).size();
        expected += (alone ? bytes : 4) * int64_t(all - own) + 4 * int64_t(own) * (ranks() - 1);
      }
      EXPECT_ON_ALL_RANKS(guard::traffic().bytes - before == expected) << alone << ": " << guard::traffic().bytes - before << " bytes, not " << expected;
    }
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
