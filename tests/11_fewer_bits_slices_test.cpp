// ranks: 2 3 4 5
//
// Sums over slices of what a device stores in 16 bits: they travel as they are stored. What is stored is rounded already, and so is the
// sum where it is stored. So the bits are those of messages of floats, and the bytes half of theirs.
#include <gtest/gtest.h>

#include "chapters/05_collectives/collectives.h"
#include "chapters/06_data_parallel/background_allreduce.h"
#include "chapters/11_fewer_bits/fewer_bits_device.h"
#include "common/mpi_guard/leftovers.h"
#include "common/philox.h"
#include "tests/grid_runs.h"

namespace guard {  // weak: null without the guard (GUARD=0)
__attribute__((weak)) const Traffic& traffic();
}

namespace {

using namespace grid_runs;

// The slow reference: a device whose messages are floats, by way of views.
struct TellsNobody : FewerBitsDevice {
  using FewerBitsDevice::FewerBitsDevice;
  bool stores(const float*) const override { return false; }
};

struct Trained {
  std::vector<float> weights, initial;
  std::vector<double> losses;
  int64_t bytes = 0;
};

Trained train_on(Device& device, const GridShape& shape, const HybridSettings& s, int steps) {
  const Dataset d = data();
  HybridModel model(device, grid_of(shape), s);
  model.initialize(1);
  Trained t;
  t.initial = model.weights();
  const int64_t before = &guard::traffic ? guard::traffic().bytes : 0;
  t.losses = train(model, d, 0, steps);
  t.bytes = (&guard::traffic ? guard::traffic().bytes : 0) - before;
  t.weights = model.weights();
  return t;
}

// Every grid, and ways of the pipeline in which the sums of two chunks, or of a layer that is computed again, come between each other.
TEST(Slices, HaveTheBitsOfMessagesOfFloats) {
  for (const char* precision : {"bf16", "half"})
    for (const std::string way : {"1f1b", "computed again", "zb-h1", "interleaved", "ring"})
      for (const GridShape& shape : shapes_of(ranks())) {
        if (shape.tensor == 1) continue;
        if (way == "interleaved" && 2 * shape.pipeline > 8) continue;
        HybridSettings s = settings("momentum", 5, false);
        if (way == "computed again") s.keep_every = 3;
        else if (way == "ring") s.allreduce = "ring";
        else s.schedule = way;
        s.chunks = way == "interleaved" ? 2 : 1;
        FewerBitsDevice as_stored(precision);
        TellsNobody as_floats(precision);
        const Trained a = train_on(as_stored, shape, s, 3), b = train_on(as_floats, shape, s, 3);
        const std::string what = std::string(precision) + ", " + way + ", " + told(shape, s);
        EXPECT_ON_ALL_RANKS(compare(a.weights, b.weights).same_bits() && a.losses == b.losses) << what;
        expect_moved(a.weights, a.initial);
      }
}

// An odd number of layers: the classes are cut, and the head's numbers stay floats.
TEST(Slices, OfClassesKeepTheHeadInFloats) {
  HybridSettings s = settings("momentum", 3, false);
  s.sizes = {17, 13, 11, 10};
  FewerBitsDevice as_stored("bf16");
  TellsNobody as_floats("bf16");
  const GridShape shape{1, 1, ranks()};
  const Trained a = train_on(as_stored, shape, s, 4), b = train_on(as_floats, shape, s, 4);
  EXPECT_ON_ALL_RANKS(compare(a.weights, b.weights).same_bits() && a.losses == b.losses);
  expect_moved(a.weights, a.initial);
}

// Of a sum of n numbers a rank sends the others their blocks, and to each of them its own; of a few floats, for which nothing is computed
// meanwhile, all to each. Forward they are the outputs of layers 1, 3, 5, 7, the last of which are logits, floats; backward the gradients of
// the inputs of layers 2, 4, 6.
TEST(Slices, SendTwoBytesOfANumber) {
  if (!&guard::traffic) GTEST_SKIP() << "skipped: the bytes are counted by the guard";
  const HybridSettings s = settings("sgd", 5, false);
  const auto expected = [&](int64_t bytes_of_number) {
    const auto sent = [&](size_t n) {
      const size_t own = share(n, size_t(ranks()), size_t(rank())).size();
      return int64_t(n - own) + int64_t(own) * (ranks() - 1);
    };
    int64_t bytes = 8 * (s.micro_batches + 2);  // losses, with the signals
    for (size_t m = 0; m < size_t(s.micro_batches); ++m) {
      const size_t rows = share({0, batch_rows}, size_t(s.micro_batches), m).size();
      for (const size_t l : {1, 3, 5, 7}) {
        const size_t n = rows * size_t(sizes[l + 1]);
        EXPECT_LE(n, short_vector);
        bytes += bytes_of_number == 2 && l < 7 ? 2 * sent(n) : 4 * int64_t(n) * (ranks() - 1);
      }
      for (const size_t l : {2, 4, 6}) bytes += bytes_of_number * sent(rows * size_t(sizes[l]));
    }
    return bytes;
  };
  CpuDevice cpu;
  FewerBitsDevice bf16("bf16");
  for (const auto& [device, bytes_of_number] : {std::pair<Device*, int64_t>{&cpu, 4}, {&bf16, 2}}) {
    const int64_t bytes = train_on(*device, {1, 1, ranks()}, s, 1).bytes;
    EXPECT_ON_ALL_RANKS(bytes == expected(bytes_of_number)) << bytes << " bytes, not " << expected(bytes_of_number);
  }
}

// Counts what is sent between the product for a layer's dx and that for its dw.
struct Counting : FewerBitsDevice {
  Counting() : FewerBitsDevice("bf16") {}
  int64_t before = -1, sent = 0;
  void linear_backward_input(float* dx, const float* dy, const float* w, Write write, int rows, int in, int out) override {
    FewerBitsDevice::linear_backward_input(dx, dy, w, write, rows, in, out);
    before = guard::traffic().bytes;
  }
  void linear_backward_weights(float* dw, const float* x, const float* dy, Write write, int rows, int in, int out) override {
    if (before >= 0) sent += guard::traffic().bytes - before;
    before = -1;
    FewerBitsDevice::linear_backward_weights(dw, x, dy, write, rows, in, out);
  }
};

// The sums of backward, in front of layers 2, 4 and 6: the blocks of others are on their way, and nobody has waited for the own one.
TEST(Slices, TravelWhileGradientsOfWeightsAreComputed) {
  if (!&guard::traffic) GTEST_SKIP() << "skipped: the bytes are counted by the guard";
  const HybridSettings s = settings("sgd", 5, false);
  int64_t expected = 0;
  for (size_t m = 0; m < 5; ++m)
    for (const size_t l : {2, 4, 6}) {
      const size_t n = share({0, batch_rows}, 5, m).size() * size_t(sizes[l]);
      expected += 2 * int64_t(n - share(n, size_t(ranks()), size_t(rank())).size());
    }
  Counting device;
  train_on(device, {1, 1, ranks()}, s, 1);
  EXPECT_ON_ALL_RANKS(device.sent == expected) << device.sent << " bytes, not " << expected;
}

// Against chapter 05's sum of the same numbers as floats; only that sum is rounded. 5000 numbers are several pieces of two ranks' blocks.
TEST(Words, AreAddedAsFloats) {
  for (const char* name : {"bf16", "half"}) {
    const SixteenBits& format = sixteen_bits(name);
    for (const size_t n : {0, 1, 2, 37, 1001, 5000, 13000}) {
      std::vector<uint16_t> words(n), expected(n);
      format.narrow(words.data(), test_floats(n, uint32_t(20 + rank())).data(), n);
      std::vector<float> floats(n);
      format.widen(floats.data(), words.data(), n);
      allreduce_rank_order(floats.data(), floats.data(), n, MPI_COMM_WORLD);
      format.narrow(expected.data(), floats.data(), n);
      begin_rank_order(words.data(), n, 3, {format.narrow, format.widen}, MPI_COMM_WORLD)->wait();
      EXPECT_ON_ALL_RANKS(words == expected) << name << " " << n;
    }
  }
}

}  // namespace
