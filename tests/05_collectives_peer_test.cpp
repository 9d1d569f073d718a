// Peer window and peer mailbox of chapter 05: ranks that add and write in each other's GPU memory. Where there is no GPU,
// common/cuda_on_cpu lets every stream run as late as it may, those of other ranks, too: a wait that is missing shows in the sums.
// ranks: 1 2 3 5 8
// more ranks: 4 6 7
#include "chapters/05_collectives/peer_mailbox.h"
#include "chapters/05_collectives/peer_window.h"
#include "common/error.h"
#include "tests/backwards.h"
#include "tests/device_without_handles.h"
#include "tests/gpu_collectives_tests.h"

const bool by_peers = true;
extern "C" [[gnu::weak]] unsigned long cuda_on_cpu_events(), cuda_on_cpu_streams();  // of common/cuda_on_cpu

namespace {

using PeerWindowTest = GpuCollectivesTest;

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

// Memory of the host has no handle. All ranks learn of it, and nothing stays open.
TEST_F(PeerWindowTest, MemoryWithoutAHandleIsAnErrorOnAllRanks) {
  Buffer<> good(*device, 10, Purpose::gradients);
  Vector bad(10);
  const std::string error = error_of([&] { PeerWindow refused(*device, rank == ranks - 1 ? bad.data() : good.data(), 10, MPI_COMM_WORLD); });
  EXPECT_ON_ALL_RANKS(error.starts_with("peer window: the GPUs of these ranks cannot reach each other: ")) << error;
  MPI_Comm group;  // the others among themselves
  MPI_CHECK(MPI_Comm_split(MPI_COMM_WORLD, rank < ranks - 1, rank, &group));
  const std::string of_group = error_of([&] { PeerWindow(*device, rank == ranks - 1 ? bad.data() : good.data(), 10, group); });
  EXPECT_ON_ALL_RANKS(of_group.empty() == (rank < ranks - 1)) << of_group;
  MPI_CHECK(MPI_Comm_free(&group));
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

TEST_F(PeerWindowTest, MailboxesGiveTheirCommunicatorsBack) {
  if (ranks > 1 || !&cuda_on_cpu_waits) GTEST_SKIP() << "for one rank, without a GPU: others would open for long";
  const size_t before = device->memory(Purpose::exchange).live;
  const FewCommunicators few;
  for (int turn = 0; turn < few.turns; ++turn) PeerMailbox(*device, 10, -1, -1, MPI_COMM_WORLD);
  EXPECT_EQ(device->memory(Purpose::exchange).live, before);
}

// What they have opened and what they have made, also where they were refused: here the last rank's memory has no handle.
TEST_F(PeerWindowTest, WindowsAndMailboxesEndWithTheirEventsAndStreams) {
  if (!&cuda_on_cpu_events) GTEST_SKIP() << "skipped: on a GPU nobody counts events";
  const int next = ranks > 1 ? (rank + 1) % ranks : -1, last = ranks > 1 ? (rank + ranks - 1) % ranks : -1;
  for (const bool refused : {false, true}) {
    DeviceWithoutHandles own(refused && rank == ranks - 1);
    Buffer<> mine(own, 10, Purpose::gradients);
    own.fill(mine, 1, 10);
    const unsigned long events = cuda_on_cpu_events(), streams = cuda_on_cpu_streams();
    const std::string of_window = error_of([&] {
      PeerWindow window(own, mine, 10, MPI_COMM_WORLD);
      window.allreduce(0, 10);
      window.finish();
    });
    EXPECT_ON_ALL_RANKS(of_window.starts_with(refused ? "peer window: the GPUs" : "") && of_window.empty() != refused) << of_window;
    EXPECT_ON_ALL_RANKS(cuda_on_cpu_events() == events && cuda_on_cpu_streams() == streams) << "a window";
    const std::string of_mailbox = error_of([&] {
      PeerMailbox mailbox(own, 10, next, last, MPI_COMM_WORLD);
      if (next >= 0) mailbox.send(mine, 10), mailbox.sent(mine), mailbox.receive(mine, 10);
    });
    EXPECT_ON_ALL_RANKS(of_mailbox.starts_with(refused ? "peer mailbox: the GPUs" : "") && of_mailbox.empty() != refused) << of_mailbox;
    EXPECT_ON_ALL_RANKS(cuda_on_cpu_events() == events && cuda_on_cpu_streams() == streams) << "a mailbox";
  }
}

// Boxes of different lengths; a line of ranks whose ends have one neighbour.
TEST_F(PeerMailboxTest, InALineOfRanks) {
  const Backwards all;
  const int rank = rank_of(all.comm), up = rank + 1 < ranks ? rank + 1 : -1, down = rank - 1;
  const auto length = [](int to) { return size_t(100 + 17 * to); };
  PeerMailbox line(*device, down < 0 ? 0 : length(rank), up, down, all.comm);
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
