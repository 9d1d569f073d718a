// ranks: 1 2 3 5 8
//
// Sums of numbers that travel in 16 bits: their bits, and their bytes.
#include <gtest/gtest.h>

#include <climits>
#include <cmath>

#include "chapters/11_fewer_bits/sixteen_bit_exchange.h"
#include "common/philox.h"
#include "common/error.h"
#include "tests/data_sets.h"
#include "tests/device_waits.h"
#include "tests/known_clock.h"
#include "tests/late_device.h"
#include "tests/mpi_expect.h"
#include "tests/walled_new.h"
#include "tests/world.h"

namespace {

using Floats = std::vector<float>;

// Of `count` ranks, from the definition of rounding: operands, each sum where that is asked for, and what is sent to all.
Floats plain_sum(const std::vector<Floats>& operands, const Format& f, SumIn how) {
  Floats sum;
  for (size_t i = 0; i < operands[0].size(); ++i) {
    float s = rounded(operands[0][i], f);
    for (size_t r = 1; r < operands.size(); ++r) {
      s += rounded(operands[r][i], f);
      if (how == SumIn::sixteen_bits) s = rounded(s, f);
    }
    sum.push_back(rounded(s, f));
  }
  return sum;
}

TEST(Sum, HasTheBitsOfAPlainLoop) {
  for (const char* name : {"bf16", "half"})
    for (const SumIn how : {SumIn::floats, SumIn::sixteen_bits})
      for (const size_t n : {0, 1, 4, 37, 1001}) {
        std::vector<Floats> operands;
        for (int r = 0; r < ranks; ++r) operands.push_back(test_floats(n, uint32_t(10 + r)));
        Floats data = operands[size_t(rank)];
        const double bytes = double(allreduce_sixteen_bits(data.data(), n, sixteen_bits(name), how, MPI_COMM_WORLD));
        EXPECT_ON_ALL_RANKS(data == (ranks == 1 ? operands[0] : plain_sum(operands, sixteen_bits(name).format, how))) << name << " " << n;
        // Each of the others gets its block, and this rank's: n divided by the ranks, the first ones have one less or more.
        const Range own = share(n, size_t(ranks), size_t(rank));
        const double expected = ranks == 1 ? 0 : 2.0 * (double(n) - double(own.size())) + 2.0 * double(own.size()) * (ranks - 1);
        EXPECT_ON_ALL_RANKS(bytes == expected) << name << " " << n << ": " << bytes << " bytes, not " << expected;
        EXPECT_ON_ALL_RANKS(bytes_sent(n, ranks, rank, 2) == expected);
        EXPECT_ON_ALL_RANKS(bytes_sent(n, ranks, rank, 4) == 2 * expected);
      }
}

TEST(Sum, KeepsWhatIsNotFinite) {
  Floats data(23, 1.0f);
  if (rank == ranks - 1) data[7] = std::numeric_limits<float>::infinity(), data[22] = std::nanf("");
  allreduce_sixteen_bits(data.data(), data.size(), sixteen_bits("bf16"), SumIn::sixteen_bits, MPI_COMM_WORLD);
  EXPECT_ON_ALL_RANKS(std::isinf(data[7]) && std::isnan(data[22]) && data[8] == float(ranks));
}

// The ranks beside rank 0, in the opposite order, which are by themselves: rank 0 does nothing meanwhile.
TEST(Sum, IsOneOfTheRanksOfItsCommunicator) {
  MPI_Comm others;
  MPI_CHECK(MPI_Comm_split(MPI_COMM_WORLD, rank > 0, -rank, &others));
  bool right = true;
  const std::string error = error_of([&] {
    if (rank == 0) return;
    CpuDevice device;
    const Layout layout = make_layout({4, 5, 3});
    const Buffer<> parameters(device, layout.count, Purpose::parameters), gradients(device, layout.count, Purpose::gradients);
    device.fill(parameters, 0.1f, layout.count);
    Mlp mlp(device, layout, parameters, gradients, {.rows = 30});
    SoftmaxHead head(device, {.rows = 30});
    std::vector<Floats> operands;
    for (int r = ranks - 1; r > 0; --r) operands.push_back(test_floats(layout.count, uint32_t(10 + r)));
    const Floats expected = ranks == 2 ? operands[0] : plain_sum(operands, bf16_format, SumIn::floats);
    Floats data = operands[size_t(ranks - 1 - rank)];
    device.copy_in(gradients.data(), data.data(), layout.count);
    allreduce_sixteen_bits(data.data(), data.size(), sixteen_bits("bf16"), SumIn::floats, others);
    FewerBitsOptions o(ranks - 1);
    o.messages = "bf16", o.batch = 30;
    const auto exchange = make_exchange(o, 30, mlp, head, gradients, others);
    const Range rows = exchange->begin({0, 30}, 0);
    const double loss = exchange->finish(rank);
    right = data == expected && std::equal(expected.begin(), expected.end(), gradients.data()) && loss == ranks * (ranks - 1) / 2 &&
            rows == share({0, 30}, size_t(ranks - 1), size_t(ranks - 1 - rank));
  });
  EXPECT_ON_ALL_RANKS(right && error.empty()) << error;
  MPI_CHECK(MPI_Comm_free(&others));
}

// By hand: 256 is as far as ones can be counted in bf16.
TEST(Sum, OfOnesStandsStillIn16Bits) {
  const SixteenBits& bf16 = sixteen_bits("bf16");
  const uint16_t one = bf16_bits(1), many = bf16_bits(254);
  std::vector<const uint16_t*> x = {&many};
  for (int i = 0; i < 20; ++i) x.push_back(&one);
  float in_floats = 0, in_sixteen = 0;
  add_sixteen_bits(&in_floats, x, 1, bf16, SumIn::floats);
  add_sixteen_bits(&in_sixteen, x, 1, bf16, SumIn::sixteen_bits);
  EXPECT_ON_ALL_RANKS(in_floats == 274 && in_sixteen == 256);
}

TEST(Sum, OfTooManyNumbersIsRefused) {
  const size_t n = size_t(INT_MAX) + 1;
  std::string error;
  try {
    reduce_scatter_sixteen_bits(nullptr, nullptr, n, sixteen_bits("bf16"), SumIn::floats, MPI_COMM_WORLD);
  } catch (const Error& e) {
    error = e.what();
  }
  EXPECT_ON_ALL_RANKS(error == "a vector of 2147483648 numbers is too long for MPI") << error;
}

// A device whose copies are late: a copy that is not waited for is a sum of NaNs. And the times of the exchange by a clock that the test
// knows: a copy out, the messages, a copy in.
TEST(Exchange, CopiesAndTellsItsTimes) {
  LateDevice device;
  const Layout layout = make_layout({4, 5, 3});
  const Buffer<> parameters(device, layout.count, Purpose::parameters), gradients(device, layout.count, Purpose::gradients);
  Mlp mlp(device, layout, parameters, gradients, {.rows = 1});
  SoftmaxHead head(device, {.rows = 1});
  FewerBitsOptions o(ranks);
  o.messages = "bf16", o.batch = 30;
  const auto exchange = make_exchange(o, 30, mlp, head, gradients);
  std::vector<Floats> operands;
  for (int r = 0; r < ranks; ++r) operands.push_back(test_floats(layout.count, uint32_t(10 + r)));
  device.copy_in(gradients.data(), operands[size_t(rank)].data(), layout.count);
  device.scale(gradients, 2, layout.count);  // still to come when the copy begins
  for (Floats& operand : operands)
    for (float& x : operand) x *= 2;
  exchange->begin({0, 30}, 0);
  double loss = 0;
  {
    const ClockOfTest by_test{KnownClock(rank)};
    loss = exchange->finish(rank + 1);
  }
  KnownClock clock(rank);
  double begin = clock.read(), end = clock.read(), copying = end - begin;
  begin = clock.read(), end = clock.read();
  const double exchanging = end - begin;
  begin = clock.read(), end = clock.read(), copying += end - begin;
  const double copied = exchange->time().copying, exchanged = exchange->time().exchanging;
  EXPECT_ON_ALL_RANKS(copied == copying && exchanged == exchanging) << copied << " " << copying << ", " << exchanged << " " << exchanging;
  EXPECT_ON_ALL_RANKS(loss == ranks * (ranks + 1) / 2);
  Floats sum(layout.count);
  device.copy_out(sum.data(), gradients.data(), layout.count);
  EXPECT_ON_ALL_RANKS(sum == (ranks == 1 ? operands[0] : plain_sum(operands, bf16_format, SumIn::floats)));
  LossScale scale({.initial = 4});
  device.scale(gradients, 8, layout.count);
  bool finite = scale.unscale(device, gradients, layout.count);
  device.fill(gradients.data() + layout.count - 1, INFINITY, 1);
  finite = finite && !scale.unscale(device, gradients, layout.count);
  device.copy_out(sum.data(), gradients.data(), 1);
  EXPECT_ON_ALL_RANKS(finite && sum[0] == 2 * (ranks == 1 ? operands[0] : plain_sum(operands, bf16_format, SumIn::floats))[0]);
}

// In a step of train.cpp the host waits for its GPU to read the losses, to send the gradient, and to see that it is finite.
TEST(Exchange, WaitsForTheGpuWhereItsNumbersAreSentAndLookedAt) {
  std::string reason;
  const std::unique_ptr<Device> device = device_that_counts(reason);
  if (!device) GTEST_SKIP() << reason;
  const Layout layout = make_layout({4, 5, 3});
  const Buffer<> parameters(*device, layout.count, Purpose::parameters), gradients(*device, layout.count, Purpose::gradients);
  device->fill(parameters, 0.1f, layout.count);
  const Dataset data = data_sets::tiny_data(30);
  const std::vector<uint32_t> order = permutation(1, 0, data.count);
  for (int micro_batches : {1, 3}) {
    Mlp mlp(*device, layout, parameters, gradients, {.rows = 30});
    SoftmaxHead head(*device, {.rows = 30});
    Optimizer optimizer(*device, {}, layout.count);
    LossScale scale({.initial = 4});
    FewerBitsOptions o(ranks);
    o.messages = "bf16", o.batch = 30, o.micro_batches = micro_batches;
    const auto exchange = make_exchange(o, 30, mlp, head, gradients);
    const auto step = [&] {
      double loss = 0;
      for (int m = 0; m < micro_batches; ++m) {
        const Range rows = exchange->begin({0, 30}, m);
        load_images(mlp, data, order, rows);
        head.load_labels(data, order, rows);
        mlp.forward(int(rows.size()));
        head.backward(mlp, 30);
        scale.scale(mlp);
        mlp.backward(m == 0 ? Write::overwrite : Write::accumulate);
        loss += head.loss(mlp, 30);
      }
      exchange->finish(loss, scale.value());
      if (scale.unscale(*device, gradients, layout.count)) optimizer.step(parameters, gradients, exchange->rate_scale());
    };
    step();
    for (int i = 0; i < 2; ++i) {
      const unsigned long waits = waits_of(step), expected = size_t(micro_batches) + 2;
      EXPECT_ON_ALL_RANKS(waits == expected) << waits << ", expected " << expected;
    }
  }
}

}  // namespace
