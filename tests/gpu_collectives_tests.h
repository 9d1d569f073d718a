// Tests of what ranks do together with vectors on their GPUs, in one of its ways: the test that includes this says in which.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <vector>

#include "chapters/05_collectives/blocks.h"
#include "chapters/05_collectives/collectives.h"
#include "chapters/05_collectives/gpu_collectives.h"
#include "chapters/05_collectives/messages.h"
#include "common/compare.h"
#include "common/philox.h"
#include "tests/few_communicators.h"
#include "tests/mpi_expect.h"
#include "tests/world.h"

extern "C" [[gnu::weak]] unsigned long cuda_on_cpu_waits;  // of common/cuda_on_cpu

extern const bool by_peers;  // or by MPI

namespace {

using Vector = std::vector<float>;
constexpr size_t n = 3 * GpuCollectives::one_shot + 5;

// Numbers of many sizes, whose sums depend on the order.
Vector operand(int of, size_t length, int round = 0) {
  Vector x(length);
  for (size_t i = 0; i < length; ++i) {
    const Philox4 words = random_words(5, RandomStream::test, uint64_t(of + 100 * round), i);
    x[i] = std::ldexp(uniform(words[0]) - 0.5f, int(words[1] % 12));
  }
  return x;
}

Vector sum_in_rank_order(size_t length, int round = 0) {
  Vector sum = operand(0, length, round);
  for (int r = 1; r < ranks; ++r) {
    const Vector x = operand(r, length, round);
    for (size_t i = 0; i < length; ++i) sum[i] += x[i];
  }
  return sum;
}

bool same(const Vector& a, const Vector& b) { return (a.empty() && b.empty()) || compare(a, b).same_bits(); }

// Lengths that need one shot and two; lengths that do not divide, and some shorter than the number of ranks.
std::vector<size_t> lengths() {
  const size_t p = size_t(ranks), limit = GpuCollectives::one_shot;
  return {0, 1, p - 1, p + 1, 1001, limit, limit + 1, n};
}

// One for all tests: what a test leaves in the vector is never right for the next one.
class GpuCollectivesTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (by_peers ? !on_one_host() : !&cuda_on_cpu_waits) return;  // on a GPU it is not up to a test what MPI takes
    try {
      device = std::make_unique<CudaDevice>(0);
    } catch (const NoGpu&) {
      return;
    }
    vector = Buffer<>(*device, n, Purpose::gradients);
    operands = Buffer<>(*device, n, Purpose::workspace);
    window = make_gpu_collectives(by_peers, *device, vector, n, MPI_COMM_WORLD);
  }
  static void TearDownTestSuite() {
    window.reset();
    vector = Buffer<>();
    operands = Buffer<>();
    device.reset();
  }
  void SetUp() override {
    if (!window) GTEST_SKIP() << "skipped: the ranks have no GPU, or are on several hosts";
  }

  // The vector, written by an operation of the device that has not run when this returns.
  static void write(const Vector& x) {
    device->copy_in(operands.data(), x.data(), x.size());
    device->fill(vector, NAN, n);
    device->copy(vector, operands, x.size());
  }
  static Vector read(size_t length) {
    Vector x(length);
    device->copy_out(x.data(), vector.data(), length);
    return x;
  }

  static inline std::unique_ptr<CudaDevice> device;
  static inline Buffer<> vector, operands;
  static inline std::unique_ptr<GpuCollectives> window;
};

TEST_F(GpuCollectivesTest, AddsInRankOrderWhateverTheLength) {
  for (const size_t length : lengths()) {
    write(operand(rank, length));
    window->allreduce(0, length);
    window->finish();
    EXPECT_ON_ALL_RANKS(same(read(length), sum_in_rank_order(length))) << length << " floats";
  }
}

// As the collective over messages adds, and a part of the vector as the whole.
TEST_F(GpuCollectivesTest, HasTheBitsOfTheOtherRankOrders) {
  const Vector x = operand(rank, n);
  Vector over_messages(n), expected = x;
  allreduce_rank_order(over_messages.data(), x.data(), n, MPI_COMM_WORLD);
  for (const size_t count : {size_t{1}, size_t{700}, GpuCollectives::one_shot + 1})
    for (const size_t begin : {size_t{3}, n - count}) {
      write(x);
      window->allreduce(begin, count);
      window->finish();
      expected = x;
      std::copy_n(over_messages.begin() + begin, count, expected.begin() + begin);
      EXPECT_ON_ALL_RANKS(same(read(n), expected)) << count << " floats at " << begin;
    }
}

// Without a wait of the host between them: each box and each event is used again and again.
TEST_F(GpuCollectivesTest, SumOfSumsWithoutAWaitBetween) {
  for (const size_t length : {size_t{1001}, n}) {
    Vector expected = operand(rank, length);
    write(expected);
    for (int round = 0; round < 5; ++round) {
      window->allreduce(0, length);
      window->finish();
      device->scale(vector, 1 / float(rank + 2), length);  // other vectors on other ranks
    }
    std::vector<Vector> of;
    for (int r = 0; r < ranks; ++r) of.push_back(operand(r, length));
    for (int round = 0; round < 5; ++round) {
      Vector sum = of[0];
      for (int r = 1; r < ranks; ++r)
        for (size_t i = 0; i < length; ++i) sum[i] += of[size_t(r)][i];
      for (int r = 0; r < ranks; ++r)
        for (size_t i = 0; i < length; ++i) of[size_t(r)][i] = sum[i] * (1 / float(r + 2));
    }
    EXPECT_ON_ALL_RANKS(same(read(length), of[size_t(rank)])) << length << " floats";
  }
}

// What lies elsewhere, at a place that is new each time: long and short sums in turn, without a wait of the host between them.
TEST_F(GpuCollectivesTest, AddsWhatLiesElsewhere) {
  const std::vector<size_t> all = lengths();
  Buffer<> data(*device, all.size() * n, Purpose::workspace);
  for (size_t i = 0; i < all.size(); ++i) device->copy_in(data + i * n, operand(rank, all[i], int(i)).data(), all[i]);
  for (size_t i = 0; i < all.size(); ++i) {
    window->allreduce_of(data + i * n, all[i]);
    window->finish();
  }
  for (size_t i = 0; i < all.size(); ++i) {
    Vector x(all[i]);
    device->copy_out(x.data(), data + i * n, x.size());
    EXPECT_ON_ALL_RANKS(same(x, sum_in_rank_order(all[i], int(i)))) << all[i] << " floats";
  }
}

// Written by operations that have not run; the sums are read by operations, which other ranks' windows have passed long ago.
TEST_F(GpuCollectivesTest, SumsElsewhereWaitAndAreWaitedFor) {
  for (const size_t length : {size_t{700}, n}) {
    Buffer<> x(*device, length, Purpose::workspace), before(*device, length, Purpose::workspace);
    for (int r = 0; r < 4; ++r) {
      device->copy_in(before.data(), operand(rank, length, r).data(), length);
      device->fill(x, NAN, length);
      device->copy(x, before, length);
      window->allreduce_of(x, length);
      if ((rank + r) % 2 == 0) window->wait();
      window->finish();
      device->copy(before, x, length);
      device->fill(x, -7, length);
      Vector found(length);
      device->copy_out(found.data(), before.data(), length);
      EXPECT_ON_ALL_RANKS(same(found, sum_in_rank_order(length, r))) << length << " floats";
    }
  }
}

TEST_F(GpuCollectivesTest, TakesTheLargest) {
  for (const size_t length : lengths()) {
    Buffer<> x(*device, length + 1, Purpose::workspace);
    Vector own = operand(rank, length), expected = operand(0, length), found(length);
    const auto shifted = [](Vector& v) { for (float& value : v) value -= 4096; };  // all are below zero
    shifted(own), shifted(expected);
    for (int r = 1; r < ranks; ++r) {
      Vector other = operand(r, length);
      shifted(other);
      for (size_t i = 0; i < length; ++i) expected[i] = std::max(expected[i], other[i]);
    }
    if (length > 2) {  // a rank that has nothing, nobody who has anything
      if (rank == ranks - 1) own[1] = -INFINITY;
      expected[1] = -INFINITY;
      for (int r = 0; r + 1 < ranks; ++r) expected[1] = std::max(expected[1], operand(r, length)[1] - 4096);
      own[2] = expected[2] = -INFINITY;
    }
    own.push_back(-7), expected.push_back(-7), found.push_back(0);  // what lies behind it stays
    device->copy_in(x.data(), own.data(), length + 1);
    window->allreduce_of(x, length, GpuCollectives::Combine::largest);
    window->finish();
    device->copy_out(found.data(), x.data(), length + 1);
    EXPECT_ON_ALL_RANKS(same(found, expected)) << length << " floats";
  }
}

// Several ranges are under way at once, long and short ones; the device works on beside them.
TEST_F(GpuCollectivesTest, RangesOneAfterTheOtherThenFinish) {
  const size_t half = GpuCollectives::one_shot + 7;
  write(operand(rank, n));
  window->allreduce(half, n - half);
  window->allreduce(0, 100);
  window->allreduce(100, half - 100);
  window->finish();
  EXPECT_ON_ALL_RANKS(same(read(n), sum_in_rank_order(n)));
}

TEST_F(GpuCollectivesTest, ReduceScatterGivesEachRankItsBlock) {
  for (const size_t length : lengths()) {
    const Blocks blocks{length, ranks};
    const Vector sum = sum_in_rank_order(length);
    Vector expected = operand(rank, length);
    std::copy(sum.begin() + long(blocks.begin(rank)), sum.begin() + long(blocks.end(rank)), expected.begin() + long(blocks.begin(rank)));
    write(operand(rank, length));
    window->reduce_scatter(0, length);
    window->finish();
    const Vector found = read(length);
    device->fill(vector, -7, n);  // a rank that reads too late reads this
    EXPECT_ON_ALL_RANKS(same(found, expected)) << length << " floats";
  }
}

// Into other memory than the vector: first a sum, then one that goes on where that ended. The vector keeps its operands.
TEST_F(GpuCollectivesTest, ASumOfABlockGoesOn) {
  for (const size_t length : lengths()) {
    const Blocks blocks{length, ranks};
    const size_t size = blocks.size(rank);
    Buffer<> sum(*device, size + 1, Purpose::gradients);
    device->fill(sum, NAN, size + 1);
    Vector expected(size), found(size);
    for (int round = 0; round < 3; ++round) {
      write(operand(rank, length, round));
      window->reduce_scatter_to(sum, 0, length, round == 0 ? Write::overwrite : Write::accumulate);
      window->finish();
      for (int r = 0; r < ranks; ++r) {
        const Vector x = operand(r, length, round);
        for (size_t i = 0; i < size; ++i) {
          const float term = x[blocks.begin(rank) + i];
          expected[i] = round + r == 0 ? term : expected[i] + term;
        }
      }
    }
    device->copy_out(found.data(), sum.data(), size);
    EXPECT_ON_ALL_RANKS(same(found, expected)) << length << " floats";
    EXPECT_ON_ALL_RANKS(same(read(length), operand(rank, length, 2))) << length << " floats";
  }
}

// Every rank adds two parts, and gives them to all: the parts are uneven, and one rank's have nothing in them.
TEST_F(GpuCollectivesTest, PartsThatRanksChoose) {
  for (int round = 0; round < 3; ++round) {
    std::vector<GpuCollectives::Part> of;  // two of each rank
    size_t next = 7;
    for (int r = 0; r < 2 * ranks; ++r) of.push_back({next, r % ranks == 1 ? 0 : size_t(100 + 31 * r)}), next += of.back().count + size_t(r % 3);
    Buffer<> sums(*device, n, Purpose::workspace);
    const size_t i = size_t(rank), j = size_t(rank + ranks);
    write(operand(rank, n, round));
    const auto parts_of = [&](int r) { return std::vector{of[size_t(r)], of[size_t(r + ranks)]}; };
    of[i].sum = sums, of[j].sum = sums + of[i].count;
    const GpuCollectives::Count before = window->counted();
    window->sum_parts(parts_of);
    window->finish();
    for (const GpuCollectives::Part& part : parts_of(rank)) device->copy(vector + part.begin, part.sum, part.count);
    window->spread_parts(parts_of);
    window->finish();
    const GpuCollectives::Count& after = window->counted();
    const Vector found = read(n), sum = sum_in_rank_order(n, round);
    Vector expected = operand(rank, n, round);
    for (const GpuCollectives::Part& part : of) std::copy_n(sum.begin() + long(part.begin), part.count, expected.begin() + long(part.begin));
    EXPECT_ON_ALL_RANKS(same(found, expected)) << "round " << round;
    const size_t moved = size_t(ranks - 1) * (of[i].count + of[j].count);
    EXPECT_ON_ALL_RANKS(after.read - before.read == moved && after.written - before.written == moved);
    EXPECT_ON_ALL_RANKS(after.meetings - before.meetings == (by_peers ? 4u : 0u) && after.waits - before.waits == (by_peers || ranks == 1 ? 0u : 2u));
  }
}

TEST_F(GpuCollectivesTest, WhoIsFastDoesNotChangeWhatOthersStillRead) {
  write(operand(rank, n));
  window->reduce_scatter(0, n);
  window->finish();
  device->copy(operands, vector, n);
  device->fill(vector, -7, n);
  if (rank == 0) device->synchronize();  // this one is fast
  device->copy(vector, operands, n);
  const Blocks blocks{n, ranks};
  const Vector found = read(n), sum = sum_in_rank_order(n);
  EXPECT_ON_ALL_RANKS(std::equal(sum.begin() + long(blocks.begin(rank)), sum.begin() + long(blocks.end(rank)), found.begin() + long(blocks.begin(rank))));
}

TEST_F(GpuCollectivesTest, AllgatherGivesEveryBlockToAll) {
  for (const size_t length : lengths()) {
    const Blocks blocks{length, ranks};
    Vector expected(length);
    for (int r = 0; r < ranks; ++r) {
      const Vector x = operand(r, length, 1);
      std::copy(x.begin() + long(blocks.begin(r)), x.begin() + long(blocks.end(r)), expected.begin() + long(blocks.begin(r)));
    }
    write(operand(rank, length, 1));
    window->allgather(0, length);
    window->finish();
    EXPECT_ON_ALL_RANKS(same(read(length), expected)) << length << " floats";
  }
}

// What an operation of the device wrote before stays away from what arrives.
TEST_F(GpuCollectivesTest, AllgatherWaitsForTheOldContents) {
  const Blocks blocks{n, ranks};
  write(operand(rank, n, 2));
  window->allgather(0, n);
  window->finish();
  device->copy(operands, vector, n);  // reads the first gathered vector, late
  device->fill(vector, float(rank), n);
  window->allgather(0, n);
  window->finish();
  const Vector second = read(n);
  bool right = true;
  for (int r = 0; r < ranks; ++r)
    for (size_t i = blocks.begin(r); i < blocks.end(r); ++i) right = right && second[i] == float(r);
  EXPECT_ON_ALL_RANKS(right);
  device->copy(vector, operands, n);
  Vector expected(n);
  for (int r = 0; r < ranks; ++r) {
    const Vector x = operand(r, n, 2);
    std::copy(x.begin() + long(blocks.begin(r)), x.begin() + long(blocks.end(r)), expected.begin() + long(blocks.begin(r)));
  }
  EXPECT_ON_ALL_RANKS(same(read(n), expected));
}

TEST_F(GpuCollectivesTest, ARangeBeyondTheVectorIsRefused) {
  EXPECT_THROW(window->allreduce(n - 1, 2), std::logic_error);
  EXPECT_THROW(window->reduce_scatter(n + 1, 0), std::logic_error);
  EXPECT_THROW(window->allgather(0, n + 1), std::logic_error);
  if (by_peers) { EXPECT_THROW(window->allreduce_of(operands, n + 1), std::logic_error); }
}

// Two groups of ranks, at the same time; each is opened and closed, and one of them once more: it waits for nobody else.
TEST_F(GpuCollectivesTest, TwoGroupsAtOnce) {
  MPI_Comm half;
  MPI_CHECK(MPI_Comm_split(MPI_COMM_WORLD, rank % 2, -rank, &half));
  bool right = true;
  for (int round = 0; round < 2 - rank % 2; ++round) {
    Buffer<> mine(*device, 500, Purpose::gradients);
    Vector found(500), gathered(500), spread(500);
    {
      const auto small = make_gpu_collectives(by_peers, *device, mine, 500, half, 100);
      const auto after = [&](Vector& x, auto work) {
        device->fill(mine, float(rank + 1), 500);
        work();
        small->finish();
        device->copy_out(x.data(), mine.data(), 500);
      };
      after(found, [&] { small->allreduce(0, 100), small->allreduce(100, 400); });
      after(gathered, [&] { small->allgather(0, 500); });
      after(spread, [&] { small->spread_parts([](int r) { return std::vector{GpuCollectives::Part{10 * size_t(r), 10}}; }); });
    }
    float sum = 0;
    Vector blocks(500), parts(500, float(rank + 1));  // the last rank is the first of its group
    for (int r = ranks - 1, place = 0; r >= 0; --r) {
      if (r % 2 != rank % 2) continue;
      const Blocks of{500, ranks_of(half)};
      sum += float(r + 1);
      std::fill(blocks.begin() + long(of.begin(place)), blocks.begin() + long(of.end(place)), float(r + 1));
      std::fill_n(parts.begin() + 10 * place++, 10, float(r + 1));
    }
    right = right && found == Vector(500, sum) && gathered == blocks && spread == parts;
  }
  EXPECT_ON_ALL_RANKS(right);
  MPI_CHECK(MPI_Comm_free(&half));
}

// A search of parameters opens windows for each of its trials.
TEST_F(GpuCollectivesTest, GiveTheirCommunicatorsBack) {
  if (ranks > 1 || !&cuda_on_cpu_waits) GTEST_SKIP() << "for one rank, without a GPU: others would open for long";
  Buffer<> mine(*device, 10, Purpose::gradients);
  device->fill(mine, 3, 10);
  const FewCommunicators few;
  for (int turn = 0; turn < few.turns; ++turn) make_gpu_collectives(by_peers, *device, mine, 10, MPI_COMM_WORLD, 0);
  Vector found(10);
  device->copy_out(found.data(), mine.data(), 10);
  EXPECT_EQ(found, Vector(10, 3));
}

}  // namespace
