// What ranks do together with vectors on their GPUs, by an MPI that takes pointers into a GPU's memory (chapter 05). Where there is no GPU,
// common/cuda_on_cpu lets every stream run as late as it may: MPI reads what is not there yet, unless the host has waited.
// ranks: 1 2 3 7 8
// more ranks: 4 5 6
#include "chapters/05_collectives/mpi_collectives.h"
#include "common/error.h"
#include "tests/begins_at_the_right.h"
#include "tests/gpu_collectives_tests.h"
#include "tests/known_clock.h"
#include "tests/mpi_from_gpus.h"

const bool by_peers = false;

namespace {

const MpiTakesPointers yes(true);

using MpiCollectivesTest = GpuCollectivesTest;

unsigned long waits_so_far() { return cuda_on_cpu_waits; }

// The formulas of the headers. Each call finds something that the GPU has not done yet, and so does the sum of a long vector.
TEST_F(MpiCollectivesTest, FloatsMessagesAndWaitsAreThoseOfTheFormulas) {
  const size_t p = size_t(ranks), others = p - 1, length = 840 * 25;  // every p from 1 to 8 divides 840
  const size_t block = length / p, share = block * others;
  Buffer<> sum(*device, length, Purpose::gradients);
  const auto costs = [&](auto call, size_t read, size_t written, size_t messages, size_t waits) {
    write(operand(rank, n));
    device->fill(sum, 0, length);
    const GpuCollectives::Count before = window->counted();
    const Traffic traffic_before = traffic();
    const unsigned long waits_before = waits_so_far();
    call();
    window->finish();
    const GpuCollectives::Count now = window->counted();
    EXPECT_ON_ALL_RANKS(now.read - before.read == read) << now.read - before.read << " came, not " << read;
    EXPECT_ON_ALL_RANKS(now.written - before.written == written) << now.written - before.written << " given, not " << written;
    EXPECT_ON_ALL_RANKS(now.waits - before.waits == (p > 1 ? waits : 0) && now.meetings == 0);
    EXPECT_ON_ALL_RANKS(waits_so_far() - waits_before == (p > 1 ? waits : 0)) << waits_so_far() - waits_before << " waits, not " << waits;
    EXPECT_ON_ALL_RANKS(traffic().messages - traffic_before.messages == messages * others);
    EXPECT_ON_ALL_RANKS(traffic().floats - traffic_before.floats == read + written);  // blocks are equal
  };
  costs([&] { window->allreduce(0, 840); }, 840 * others, 0, 1, 1);
  costs([&] { window->allreduce(7, length); }, share, share, 2, 2);
  costs([&] { window->allreduce_of(sum, 840); }, 840 * others, 0, 1, 1);
  costs([&] { window->allreduce_of(sum, length); }, share, share, 2, 2);
  costs([&] { window->reduce_scatter(0, length); }, share, 0, 1, 1);
  costs([&] { window->reduce_scatter_to(sum, 0, length, Write::accumulate); }, share, 0, 1, 1);
  costs([&] { window->allgather(0, length); }, 0, share, 1, 1);
}

// The GPU goes on while messages travel: nothing but the next call waits for it.
TEST_F(MpiCollectivesTest, TheHostWaitsWhenItIsCalledAndThenGoesOn) {
  write(operand(rank, n));
  window->allgather(0, n);
  const unsigned long before = waits_so_far();
  for (int i = 0; i < 3; ++i) device->fill(operands, float(i), n);
  window->finish();
  EXPECT_ON_ALL_RANKS(waits_so_far() == before);
  read(1);
}

TEST_F(MpiCollectivesTest, NoRankIsEverybodysFirstTarget) {
  write(operand(rank, n));
  Buffer<> sum(*device, 10, Purpose::gradients);
  const auto ten_each = [&](int owner) { return std::vector<GpuCollectives::Part>{{size_t(10 * owner), 10, sum}}; };
  const auto expect_right = [&](const char* what, auto call) {
    EXPECT_ON_ALL_RANKS(begins_at_the_right(rank, ranks, [&] { call(), window->finish(); })) << what;
  };
  expect_right("a short sum", [&] { window->allreduce(0, 100); });
  expect_right("a long sum", [&] { window->allreduce(0, n); });
  expect_right("blocks of a sum", [&] { window->reduce_scatter(0, n); });
  expect_right("a vector of blocks", [&] { window->allgather(0, n); });
  expect_right("parts of a sum", [&] { window->sum_parts(ten_each); });
  expect_right("a vector of parts", [&] { window->spread_parts(ten_each); });
  read(1);
}

// Room for what comes from others: for short sums from the beginning, and then for the longest call so far.
TEST_F(MpiCollectivesTest, MemoryIsThatOfTheLongestCall) {
  CudaDevice own;
  Buffer<> mine(own, 1001, Purpose::gradients);
  own.fill(mine, 1, 1001);
  MpiCollectives small(own, mine, 1001, MPI_COMM_WORLD, 10);
  const auto holds = [&](size_t elements) {
    const size_t now = own.memory(Purpose::exchange).live, expected = size_t(ranks - 1) * elements * sizeof(float);
    EXPECT_ON_ALL_RANKS(now == expected && own.memory(Purpose::exchange).peak == expected) << now << ", at most " << own.memory(Purpose::exchange).peak;
  };
  const size_t block = Blocks{1001, ranks}.size(rank);
  holds(10);
  small.allgather(0, 1001);
  small.allreduce(0, 10);
  small.reduce_scatter(0, 10);
  holds(10);
  small.allreduce(0, 1001);
  holds(block);
  small.reduce_scatter(0, 500);
  small.reserve(500);
  holds(block);
  small.reserve(2002);
  holds(Blocks{2002, ranks}.size(rank));
  small.finish();
  Vector one(1);
  own.copy_out(one.data(), mine.data(), 1);
}

// Whoever waits has the sum: the GPU has nothing left to do.
TEST_F(MpiCollectivesTest, WaitsForTheSumToo) {
  write(operand(rank, 100));
  window->allreduce(0, 100);
  const unsigned long before = waits_so_far();
  window->wait();
  EXPECT_ON_ALL_RANKS(waits_so_far() - before == 1);
  device->synchronize();
  EXPECT_ON_ALL_RANKS(waits_so_far() - before == 1);
}

TEST_F(MpiCollectivesTest, IsRefusedWhereOneMpiTakesNoPointers) {
  Buffer<> mine(*device, 10, Purpose::gradients);
  const MpiTakesPointers so(rank < ranks - 1);
  const std::string error = error_of([&] { MpiCollectives refused(*device, mine, 10, MPI_COMM_WORLD); });
  // Open MPI's function, or MPICH's.
  const std::string says = error.find("MPIX_GPU_query_support") == std::string::npos ? "MPIX_Query_cuda_support" : "MPIX_GPU_query_support";
  EXPECT_ON_ALL_RANKS(error.starts_with("--exchange mpi: MPI takes no pointers into a GPU's memory (" + says + " says ")) << error;
  MPI_Comm group;  // the others among themselves
  MPI_CHECK(MPI_Comm_split(MPI_COMM_WORLD, rank < ranks - 1, rank, &group));
  EXPECT_ON_ALL_RANKS(error_of([&] { MpiCollectives(*device, mine, 10, group); }).empty() == (rank < ranks - 1));
  MPI_CHECK(MPI_Comm_free(&group));
}

// The first that can be, of those that are asked for; if it is another one, one line says why.
TEST_F(MpiCollectivesTest, WaysAreTriedInTurn) {
  for (const bool peers : {true, false})
    for (const bool mpi : {true, false})
      for (const std::string exchange : {"auto", "peer", "mpi"}) {
        std::string opened;
        bool some = false;
        const std::string printed = printed_by([&] {
          some = open_between_gpus(exchange, "sums go", [&](bool peer) {
            if (!(peer ? peers : mpi)) throw Error(peer ? "no peers" : "no mpi");
            opened = peer ? "peer" : "mpi";
          });
        });
        const std::string expected = peers && exchange != "mpi" ? "peer" : mpi && exchange != "peer" ? "mpi" : "";
        EXPECT_EQ(opened, expected) << exchange;
        EXPECT_EQ(some, !expected.empty()) << exchange;
        const std::string way = some ? ", by MPI from the GPU's memory" : " through host memory";
        const bool first = exchange == "mpi" ? mpi : peers;  // of those that were asked for
        EXPECT_EQ(printed, first || rank > 0 ? "" : (exchange == "mpi" ? "no mpi: sums go" : "no peers: sums go") + way + "\n") << exchange;
      }
}

}  // namespace
