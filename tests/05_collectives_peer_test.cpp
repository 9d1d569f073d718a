// Peer window and peer mailbox of chapter 05: ranks that add and write in each other's GPU memory. Where there is no GPU,
// common/cuda_on_cpu lets every stream run as late as it may, those of other ranks, too: a wait that is missing shows in the sums.
// ranks: 1 2 3 4 5 7 8
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <vector>

#include "chapters/05_collectives/blocks.h"
#include "chapters/05_collectives/collectives.h"
#include "chapters/05_collectives/messages.h"
#include "chapters/05_collectives/peer_mailbox.h"
#include "chapters/05_collectives/peer_window.h"
#include "common/compare.h"
#include "common/error.h"
#include "common/philox.h"
#include "tests/mpi_expect.h"
#include "tests/world.h"

extern "C" [[gnu::weak]] unsigned long cuda_on_cpu_waits;  // of common/cuda_on_cpu

namespace {

using Vector = std::vector<float>;
constexpr size_t n = 3 * PeerWindow::one_shot + 5;

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
  const size_t p = size_t(ranks), limit = PeerWindow::one_shot;
  return {0, 1, p - 1, p + 1, 1001, limit, limit + 1, n};
}

// One window for all tests: what a test leaves in the vector is never right for the next one.
class PeerWindowTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!on_one_host()) return;
    try {
      device = std::make_unique<CudaDevice>(0);
    } catch (const NoGpu&) {
      return;
    }
    vector = Buffer<>(*device, n, Purpose::gradients);
    operands = Buffer<>(*device, n, Purpose::workspace);
    window = std::make_unique<PeerWindow>(*device, vector, n, MPI_COMM_WORLD);
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
  static inline std::unique_ptr<PeerWindow> window;
};

TEST_F(PeerWindowTest, AddsInRankOrderWhateverTheLength) {
  for (const size_t length : lengths()) {
    write(operand(rank, length));
    window->allreduce(0, length);
    window->finish();
    EXPECT_ON_ALL_RANKS(same(read(length), sum_in_rank_order(length))) << length << " floats";
  }
}

// As the collective over messages adds, and a part of the vector as the whole.
TEST_F(PeerWindowTest, HasTheBitsOfTheOtherRankOrders) {
  const Vector x = operand(rank, n);
  Vector over_messages(n), expected = x;
  allreduce_rank_order(over_messages.data(), x.data(), n, MPI_COMM_WORLD);
  for (const size_t count : {size_t{1}, size_t{700}, PeerWindow::one_shot + 1})
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
TEST_F(PeerWindowTest, SumOfSumsWithoutAWaitBetween) {
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
TEST_F(PeerWindowTest, AddsWhatLiesElsewhere) {
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
TEST_F(PeerWindowTest, SumsElsewhereWaitAndAreWaitedFor) {
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

TEST_F(PeerWindowTest, TakesTheLargest) {
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
    device->copy_in(x.data(), own.data(), length);
    window->allreduce_of(x, length, PeerWindow::Combine::largest);
    window->finish();
    device->copy_out(found.data(), x.data(), length);
    EXPECT_ON_ALL_RANKS(same(found, expected)) << length << " floats";
  }
}

// Several ranges are under way at once, long and short ones; the device works on beside them.
TEST_F(PeerWindowTest, RangesOneAfterTheOtherThenFinish) {
  const size_t half = PeerWindow::one_shot + 7;
  write(operand(rank, n));
  window->allreduce(half, n - half);
  window->allreduce(0, 100);
  window->allreduce(100, half - 100);
  window->finish();
  EXPECT_ON_ALL_RANKS(same(read(n), sum_in_rank_order(n)));
}

TEST_F(PeerWindowTest, ReduceScatterGivesEachRankItsBlock) {
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
TEST_F(PeerWindowTest, ASumOfABlockGoesOn) {
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
TEST_F(PeerWindowTest, PartsThatRanksChoose) {
  for (int round = 0; round < 3; ++round) {
    std::vector<PeerWindow::Part> of;  // two of each rank
    size_t next = 7;
    for (int r = 0; r < 2 * ranks; ++r) of.push_back({next, r % ranks == 1 ? 0 : size_t(100 + 31 * r)}), next += of.back().count + size_t(r % 3);
    const std::span<const PeerWindow::Part> all = of;
    Buffer<> sums(*device, n, Purpose::workspace);
    const size_t i = size_t(rank), j = size_t(rank + ranks);
    write(operand(rank, n, round));
    const PeerWindow::Part mine[2] = {{of[i].begin, of[i].count, sums}, {of[j].begin, of[j].count, sums + of[i].count}};
    const PeerWindow::Count before = window->counted();
    window->sum_parts(mine);
    window->finish();
    for (const PeerWindow::Part& part : mine) device->copy(vector + part.begin, part.sum, part.count);
    window->spread_parts(mine);
    window->finish();
    const PeerWindow::Count& after = window->counted();
    const Vector found = read(n), sum = sum_in_rank_order(n, round);
    Vector expected = operand(rank, n, round);
    for (const PeerWindow::Part& part : all) std::copy_n(sum.begin() + long(part.begin), part.count, expected.begin() + long(part.begin));
    EXPECT_ON_ALL_RANKS(same(found, expected)) << "round " << round;
    const size_t moved = size_t(ranks - 1) * (of[i].count + of[j].count);
    EXPECT_ON_ALL_RANKS(after.read - before.read == moved && after.written - before.written == moved && after.meetings - before.meetings == 4);
  }
}

TEST_F(PeerWindowTest, WhoIsFastDoesNotChangeWhatOthersStillRead) {
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

TEST_F(PeerWindowTest, AllgatherGivesEveryBlockToAll) {
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
TEST_F(PeerWindowTest, AllgatherWaitsForTheOldContents) {
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

// The formulas of the header; the hosts send tokens, lg p at each meeting.
TEST_F(PeerWindowTest, BytesAndTokensAreThoseOfTheFormulas) {
  const size_t p = size_t(ranks), length = 840 * 25;  // every p from 1 to 8 divides 840
  size_t rounds = 0;
  while ((size_t{1} << rounds) < p) ++rounds;
  write(operand(rank, n));
  const auto costs = [&](auto call, size_t read, size_t written, size_t meetings) {
    const PeerWindow::Count before = window->counted();
    const size_t messages = traffic().messages;
    call();
    const PeerWindow::Count after = window->counted();
    EXPECT_ON_ALL_RANKS(after.read - before.read == read) << after.read - before.read << " read, not " << read;
    EXPECT_ON_ALL_RANKS(after.written - before.written == written) << after.written - before.written << " written, not " << written;
    EXPECT_ON_ALL_RANKS(after.meetings - before.meetings == meetings);
    EXPECT_ON_ALL_RANKS(traffic().messages - messages == meetings * rounds) << traffic().messages - messages << " tokens";
  };
  const size_t share = length / p * (p - 1);
  costs([&] { window->allreduce(0, 840); }, 840 * (p - 1), 0, 1);
  costs([&] { window->allreduce(0, length); }, share, share, 2);
  costs([&] { window->reduce_scatter(0, length); }, share, 0, 2);
  costs([&] { window->allgather(0, length); }, 0, share, 2);
  costs([&] { window->allreduce_of(operands, 840); }, 840 * (p - 1), 0, 1);
  costs([&] { window->allreduce_of(operands, length); }, share, share, 2);
  Buffer<> sum(*device, length / p, Purpose::gradients);
  device->fill(sum, 0, length / p);
  costs([&] { window->reduce_scatter_to(sum, 0, length, Write::accumulate); }, share, 0, 2);
  window->finish();
  read(1);
}

TEST_F(PeerWindowTest, NoHostWaitsForADevice) {
  if (!&cuda_on_cpu_waits) GTEST_SKIP() << "skipped: on a GPU nobody counts waits";
  write(operand(rank, n));
  const unsigned long before = cuda_on_cpu_waits;
  for (int round = 0; round < 3; ++round) {
    window->allreduce(0, 100);
    window->allreduce(100, n - 100);
    window->reduce_scatter(0, n);
    window->allgather(0, n);
    window->finish();
  }
  EXPECT_ON_ALL_RANKS(cuda_on_cpu_waits == before) << cuda_on_cpu_waits - before << " waits";
  read(1);
  EXPECT_ON_ALL_RANKS(cuda_on_cpu_waits > before);  // it can count
}

TEST_F(PeerWindowTest, ARangeBeyondTheVectorIsRefused) {
  EXPECT_THROW(window->allreduce(n - 1, 2), std::logic_error);
  EXPECT_THROW(window->reduce_scatter(n + 1, 0), std::logic_error);
  EXPECT_THROW(window->allgather(0, n + 1), std::logic_error);
  EXPECT_THROW(window->allreduce_of(operands, n + 1), std::logic_error);
}

// Memory of the host has no handle. All ranks learn of it, and nothing stays open.
TEST_F(PeerWindowTest, MemoryWithoutAHandleIsAnErrorOnAllRanks) {
  Buffer<> good(*device, 10, Purpose::gradients);
  Vector bad(10);
  const std::string error = error_of([&] { PeerWindow refused(*device, rank == ranks - 1 ? bad.data() : good.data(), 10, MPI_COMM_WORLD); });
  EXPECT_ON_ALL_RANKS(error.starts_with("peer window: ")) << error;
}

// Windows of two groups of ranks, at the same time; each is opened and closed again.
TEST_F(PeerWindowTest, TwoGroupsAtOnce) {
  MPI_Comm half;
  MPI_CHECK(MPI_Comm_split(MPI_COMM_WORLD, rank % 2, -rank, &half));
  for (int round = 0; round < 2; ++round) {
    Buffer<> mine(*device, 500, Purpose::gradients);
    device->fill(mine, float(rank + 1), 500);
    Vector found(500);
    {
      PeerWindow small(*device, mine, 500, half);
      small.allreduce(0, 500);
      small.finish();
      device->copy_out(found.data(), mine.data(), 500);
    }
    float sum = 0;
    for (int r = rank % 2; r < ranks; r += 2) sum += float(r + 1);
    EXPECT_ON_ALL_RANKS(found == Vector(500, sum)) << found[0];
  }
  MPI_CHECK(MPI_Comm_free(&half));
}

// A window without boxes adds short vectors as it adds long ones.
TEST_F(PeerWindowTest, WithoutBoxes) {
  Buffer<> mine(*device, 1001, Purpose::gradients);
  const size_t before = device->memory(Purpose::exchange).live;
  for (const size_t boxes : {size_t{7}, PeerWindow::one_shot}) {  // two of them, for sums of so many elements; a sum of one more is a long one
    PeerWindow with_boxes(*device, mine, 1001, MPI_COMM_WORLD, boxes);
    EXPECT_ON_ALL_RANKS(device->memory(Purpose::exchange).live == before + 2 * boxes * sizeof(float));
    for (const size_t count : {size_t{7}, size_t{8}}) with_boxes.allreduce(0, count);
    EXPECT_ON_ALL_RANKS(with_boxes.counted().meetings == (boxes == 7 ? 3u : 2u));
  }
  PeerWindow small(*device, mine, 1001, MPI_COMM_WORLD, 0);
  EXPECT_ON_ALL_RANKS(device->memory(Purpose::exchange).live == before);
  device->copy_in(mine.data(), operand(rank, 1001).data(), 1001);
  small.allreduce(0, 1001);
  small.finish();
  Vector found(1001);
  device->copy_out(found.data(), mine.data(), 1001);
  EXPECT_ON_ALL_RANKS(same(found, sum_in_rank_order(1001)));
  EXPECT_ON_ALL_RANKS(small.counted().meetings == 2);
}

// --- The mailbox -----------------------------------------------------------------------------------------------------

// Round the ring of all ranks, and back.
class PeerMailboxTest : public PeerWindowTest {
 protected:
  static constexpr size_t most = 3001;
  static constexpr int messages = 7;
  void SetUp() override {
    PeerWindowTest::SetUp();
    if (IsSkipped()) return;
    if (ranks == 1) GTEST_SKIP() << "skipped: one rank has no neighbour";
    for (int m = 0; m < messages; ++m) device->copy_in(operands + size_t(m) * most, message(rank, m).data(), message(rank, m).size());
    mailbox = std::make_unique<PeerMailbox>(*device, most, next, before, MPI_COMM_WORLD);
  }
  static Vector message(int from, int m) { return operand(from, 1 + size_t(m * 977 + from) % most, m); }
  // Message m of this rank, written by operations of the device that have not run when this returns.
  void send(float* from, int m) {
    device->fill(from, NAN, most);
    device->copy(from, operands + size_t(m) * most, message(rank, m).size());
    mailbox->send(from, message(rank, m).size());
  }
  bool arrived(const float* at, int m) {
    Vector x(message(before, m).size());
    device->copy_out(x.data(), at, x.size());
    return same(x, message(before, m));
  }
  const int next = (rank + 1) % ranks, before = (rank + ranks - 1) % ranks;
  std::unique_ptr<PeerMailbox> mailbox;
};

TEST_F(PeerMailboxTest, MessagesArriveInOrder) {
  Buffer<> out(*device, messages * most, Purpose::workspace), in(*device, messages * most, Purpose::workspace);
  device->fill(in, NAN, messages * most);
  for (int m = 0; m < messages; ++m) {
    send(out + size_t(m) * most, m);
    mailbox->receive(in + size_t(m) * most, message(before, m).size());
  }
  for (int m = messages - 1; m >= 0; --m) EXPECT_ON_ALL_RANKS(arrived(in + size_t(m) * most, m)) << "message " << m;
}

// Both boxes are full before anybody asks.
TEST_F(PeerMailboxTest, TwoMessagesMayBeOnTheirWay) {
  Buffer<> out(*device, 2 * most, Purpose::workspace), in(*device, most, Purpose::workspace);
  for (int m = 0; m < 6; m += 2) {
    for (int i : {0, 1}) mailbox->sent(out + size_t(i) * most), send(out + size_t(i) * most, m + i);
    for (int i : {0, 1}) {
      mailbox->receive(in, message(before, m + i).size());
      EXPECT_ON_ALL_RANKS(arrived(in, m + i)) << "message " << m + i;
    }
  }
}

// Even ranks send to odd ones. Their GPUs have done all that they may when those of the receivers have not moved yet.
TEST_F(PeerMailboxTest, ABoxThatIsStillReadIsNotWritten) {
  Buffer<> out(*device, most, Purpose::workspace), in(*device, messages * most, Purpose::workspace);
  const bool sends = rank % 2 == 0 && rank + 1 < ranks, receives = rank % 2 == 1;
  for (int m = 0; m < messages; ++m) {
    if (sends) {
      send(out, m);
      mailbox->sent(out);
      device->synchronize();
    }
    if (receives) mailbox->receive(in + size_t(m) * most, message(before, m).size());
  }
  bool right = true;
  for (int m = 0; m < messages && receives; ++m) right = right && arrived(in + size_t(m) * most, m);
  EXPECT_ON_ALL_RANKS(right);
}

TEST_F(PeerMailboxTest, WhatWasSentMayBeWrittenAgain) {
  Buffer<> out(*device, most, Purpose::workspace), in(*device, 4 * most, Purpose::workspace);
  for (int m = 0; m < 4; ++m) {
    send(out, m);
    mailbox->sent(out);
    device->fill(out, -7, most);
    if (m % 2 == rank % 2) device->synchronize();
    mailbox->receive(in + size_t(m) * most, message(before, m).size());
  }
  for (int m = 0; m < 4; ++m) EXPECT_ON_ALL_RANKS(arrived(in + size_t(m) * most, m)) << "message " << m;
}

TEST_F(PeerMailboxTest, CountsAndWaitsForNoGpu) {
  Buffer<> out(*device, most, Purpose::workspace), in(*device, most, Purpose::workspace);
  device->fill(out, 1, most);
  const Traffic traffic_before = traffic();
  const unsigned long waits = &cuda_on_cpu_waits ? cuda_on_cpu_waits : 0;
  for (int m = 0; m < 5; ++m) {
    mailbox->send(out, most - size_t(m));
    mailbox->receive(in, most - size_t(m));
  }
  EXPECT_ON_ALL_RANKS(!&cuda_on_cpu_waits || cuda_on_cpu_waits == waits);
  const PeerMailbox::Count& counted = mailbox->counted();
  EXPECT_ON_ALL_RANKS(counted.sent == 5 && counted.received == 5 && counted.floats == 5 * most - 10);
  EXPECT_ON_ALL_RANKS(counted.tokens == 10 && traffic().messages - traffic_before.messages == 10) << counted.tokens << " tokens";
  mailbox->sent(out);  // before it is freed
}

// Boxes of different lengths; a line of ranks whose ends have one neighbour.
TEST_F(PeerMailboxTest, InALineOfRanks) {
  const int up = rank + 1 < ranks ? rank + 1 : -1, down = rank - 1;
  const auto length = [](int to) { return size_t(100 + 17 * to); };
  PeerMailbox line(*device, down < 0 ? 0 : length(rank), up, down, MPI_COMM_WORLD);
  EXPECT_THROW(line.send(vector, up < 0 ? 1 : length(up) + 1), std::logic_error);
  device->fill(vector, float(rank), n);
  bool right = true;
  for (int m = 0; m < 3; ++m) {
    if (up >= 0) line.send(vector, length(up));
    if (up >= 0) line.sent(vector);
    if (down < 0) continue;
    line.receive(vector + 1000, length(rank));
    Vector found(length(rank));
    device->copy_out(found.data(), vector + 1000, found.size());
    right = right && found == Vector(found.size(), float(down));
  }
  EXPECT_ON_ALL_RANKS(right);
}

}  // namespace
