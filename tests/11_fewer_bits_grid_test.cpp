// ranks: 1 2 3 4 6
//
// Chapter 10's grid on a device of 16 bits: nothing of the grid knows of it, and within a precision the bits are those of one rank.
#include <gtest/gtest.h>

#include <cmath>

#include "chapters/01_serial/serial_training.h"
#include "chapters/11_fewer_bits/fewer_bits_device.h"
#include "common/mpi_guard/leftovers.h"
#include "tests/grid_runs.h"

namespace guard {  // weak: null without the guard (GUARD=0)
__attribute__((weak)) const Traffic& traffic();
}

namespace {

using namespace grid_runs;

constexpr int steps = 7;

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
