// What chapter 13 claims of its simulation: messages cost what the formulas say, clocks are right whoever runs first, the programs of
// earlier chapters compute on simulated ranks what they compute on real ones, and mistakes are explained.
#include <gtest/gtest.h>
#include <mpi.h>

#include <array>
#include <bit>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <new>
#include <numeric>
#include <set>

#include "chapters/01_serial/cpu_device.h"
#include "chapters/04_point_to_point/serial_run.h"
#include "chapters/05_collectives/collectives.h"
#include "chapters/05_collectives/messages.h"
#include "chapters/07_sharded_optimizer/sharded_run.h"
#include "chapters/10_hybrid/grid_footprint.h"
#include "chapters/13_scaling/ghost_memory.h"
#include "chapters/13_scaling/laws.h"
#include "chapters/13_scaling/modelled_device.h"
#include "chapters/13_scaling/step_time.h"
#include "common/compare.h"
#include "common/mpi/session.h"
#include "common/split.h"
#include "tests/training_runs.h"

namespace {

// Powers of two, so that sums of these times are exact and can be compared for equality.
constexpr double latency = 1.0 / 1024, overhead = 1.0 / 4096, alpha = latency + overhead,
                 beta = 1.0 / 1048576;

// Every rank on a node of its own, with a card of its own; nothing but messages costs time.
Cluster flat() {
  Cluster c;
  c.title = "flat";
  c.inside =
      c.between = {.latency = latency, .overhead = overhead, .rendezvous = 0, .bytes_per_second = 1 / beta};
  c.eager_bytes = 1e18;
  c.operations_per_second = c.bytes_per_second = 1e300;
  return c;
}

Cluster nodes_of(int ranks, int cards) {
  Cluster c = flat();
  c.ranks_per_node = ranks;
  c.cards_per_node = cards;
  c.inside.latency = latency / 8;
  c.inside.bytes_per_second = 16 / beta;
  return c;
}

int rank() { return rank_of(MPI_COMM_WORLD); }

void send_bytes(size_t n, int to, int tag = 0) {
  std::vector<char> data(n, char(to));
  MPI_CHECK(MPI_Send(data.data(), int(n), MPI_CHAR, to, tag, MPI_COMM_WORLD));
}
void receive_bytes(size_t n, int from, int tag = 0) {
  std::vector<char> data(n);
  MPI_CHECK(MPI_Recv(data.data(), int(n), MPI_CHAR, from, tag, MPI_COMM_WORLD, MPI_STATUS_IGNORE));
}

// The text of the Error that f throws.
template <class F>
std::string error_of(F f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}
}  // namespace

// ---- Clocks ----

TEST(Clocks, AReceiverWaitsForItsMessage) {
  const Simulated s = simulate(flat(), 2, [] {
    if (rank() == 1) {
      compute(3);
      send_bytes(1024, 0);
    } else {
      compute(1);
      receive_bytes(1024, 1);
      compute(2);
    }
  });
  EXPECT_EQ(s.ranks[0].seconds, 3 + alpha + 1024 * beta + 2);
  EXPECT_EQ(s.ranks[0].computing, 3);
  EXPECT_EQ(s.ranks[0].waiting, 2 + alpha + 1024 * beta);
  EXPECT_EQ(s.ranks[1].seconds, 3 + overhead + 1024 * beta);
  EXPECT_EQ(s.seconds, s.ranks[0].seconds);
  EXPECT_EQ(s.sum().messages, 1u);
  EXPECT_EQ(s.sum().bytes, 1024);
}

// The example of the chapter's text, in microseconds.
TEST(Clocks, TwoRanksByHand) {
  Cluster c = flat();
  c.between = {.latency = 3, .overhead = 1, .rendezvous = 0, .bytes_per_second = 1000};
  const Simulated s = simulate(c, 2, [] {
    if (rank() == 0)
      compute(5), send_bytes(4000, 1), compute(4);
    else
      compute(2), receive_bytes(4000, 0), compute(3);
  });
  EXPECT_EQ(s.ranks[0].seconds, 14);
  EXPECT_EQ(s.ranks[1].seconds, 16);
  EXPECT_EQ(s.ranks[1].waiting, 11);
}

TEST(Clocks, AMessageThatIsThereCostsNoWaiting) {
  const Simulated s = simulate(flat(), 2, [] {
    if (rank() == 1)
      send_bytes(8, 0);
    else
      compute(3), receive_bytes(8, 1);
  });
  EXPECT_EQ(s.ranks[0].seconds, 3);
}

// Rank 0 is the first to run, but its message starts later than rank 1's, which has the card alone till then. Then each has half of it.
TEST(Clocks, TheEarliestGoesFirst) {
  for (const bool fifo : {false, true}) {
    Cluster c = nodes_of(2, 1);
    c.fifo_ports = fifo;
    const Simulated s = simulate(c, 4, [] {
      if (rank() == 0) compute(1), send_bytes(1 << 20, 2);
      if (rank() == 1) compute(0.5), send_bytes(1 << 20, 3);
      if (rank() >= 2) receive_bytes(1 << 20, rank() - 2);
    });
    EXPECT_EQ(s.ranks[3].seconds, (fifo ? 1.5 : 2) + alpha);
    EXPECT_EQ(s.ranks[2].seconds, 2.5 + alpha);
  }
}

TEST(Clocks, ALongMessageWaitsForItsReceiver) {
  Cluster c = flat();
  c.eager_bytes = 1000;
  c.between.rendezvous = 1.0 / 256;
  const auto run = [&](size_t bytes) {
    return simulate(c, 2, [&] {
      if (rank() == 0)
        send_bytes(bytes, 1);
      else
        compute(5), receive_bytes(bytes, 0);
    });
  };
  EXPECT_EQ(run(1000).ranks[0].seconds, overhead + 1000 * beta);
  EXPECT_EQ(run(1000).ranks[1].seconds, 5);
  EXPECT_EQ(run(1001).ranks[0].seconds, 5 + 1.0 / 256 + 1001 * beta);  // the overhead is long over
  EXPECT_EQ(run(1001).ranks[1].seconds, 5 + 1.0 / 256 + 1001 * beta + latency);
}

TEST(Clocks, WhatIsBegunGoesOnWhileTheRankComputes) {
  const Simulated s = simulate(flat(), 2, [] {
    std::vector<float> out(1 << 18), in(1 << 18);
    MPI_Request requests[2];
    MPI_Irecv(in.data(), 1 << 18, MPI_FLOAT, 1 - rank(), 0, MPI_COMM_WORLD, &requests[0]);
    MPI_Isend(out.data(), 1 << 18, MPI_FLOAT, 1 - rank(), 0, MPI_COMM_WORLD, &requests[1]);
    compute(3);  // the message takes one second
    MPI_Waitall(2, requests, MPI_STATUSES_IGNORE);
  });
  EXPECT_EQ(s.seconds, 3 + overhead);
}

TEST(Clocks, AskingAgainAndAgainLetsTimePass) {
  const Simulated s = simulate(flat(), 2, [] {
    if (rank() == 1) return compute(1), send_bytes(8, 0);
    char data[8];
    MPI_Request request;
    MPI_Irecv(data, 8, MPI_CHAR, 1, 0, MPI_COMM_WORLD, &request);
    for (int done = 0; !done;) MPI_Test(&request, &done, MPI_STATUS_IGNORE);
  });
  EXPECT_NEAR(s.ranks[0].seconds, 1 + alpha + 8 * beta, 1e-6);  // a question costs 1e-7 s
}

TEST(Clocks, TheSameProgramTakesTheSameTimeAlways) {
  HybridSettings settings{
      .sizes = {20, 30, 30, 10}, .batch = 24, .micro_batches = 4, .allreduce = "mpi", .optimizer = {}};
  const auto run = [&] { return simulate_step(load_cluster("ethernet"), settings, {4, 2, 2}); };
  const StepTime a = run(), b = run();
  EXPECT_GT(a.seconds, 0);
  EXPECT_EQ(a.seconds, b.seconds);
  EXPECT_EQ(a.computing, b.computing);
  EXPECT_EQ(a.messages, b.messages);
}

// ---- Messages carry what they should ----

TEST(Messages, AreMatchedBySenderTagCommunicatorAndOrder) {
  simulate(flat(), 3, [] {
    MPI_Comm other;
    MPI_CHECK(MPI_Comm_split(MPI_COMM_WORLD, 0, -rank(), &other));  // in reverse order
    if (rank() != 0) {
      for (int i = 0; i < 3; ++i) {
        const int value = 100 * rank() + i, elsewhere = 1000 + value;
        MPI_CHECK(MPI_Send(&value, 1, MPI_INT, 0, i % 2, MPI_COMM_WORLD));
        MPI_CHECK(MPI_Send(&elsewhere, 1, MPI_INT, 2, i % 2, other));
      }
      return;
    }
    const auto get = [](int from, int tag, MPI_Comm comm) {
      int value = -1;
      MPI_Status status;
      MPI_CHECK(MPI_Recv(&value, 1, MPI_INT, from, tag, comm, &status));
      EXPECT_EQ(status.MPI_SOURCE, from);
      EXPECT_EQ(status.MPI_TAG, tag);
      return value;
    };
    EXPECT_EQ(get(2, 1, MPI_COMM_WORLD), 201);
    EXPECT_EQ(get(1, 0, MPI_COMM_WORLD), 100);
    EXPECT_EQ(get(1, 0, MPI_COMM_WORLD), 102);
    EXPECT_EQ(get(0, 0, other), 1200);  // rank 2 of the world is rank 0 there
    EXPECT_EQ(get(1, 1, other), 1101);
  });
}

// Short ones at once, long ones when both sides are there: in both cases what was sent, not what is there later.
TEST(Messages, ArriveWhole) {
  for (const double eager : {0.0, 1e18})
    for (const bool receiver_first : {false, true}) {
      Cluster c = flat();
      c.eager_bytes = eager;
      simulate(c, 2, [&] {
        std::vector<float> data(1000);
        MPI_Status status;
        if (rank() == 0) {
          if (receiver_first) compute(1);
          std::iota(data.begin(), data.end(), 1.0f);
          MPI_CHECK(MPI_Send(data.data(), 1000, MPI_FLOAT, 1, 0, MPI_COMM_WORLD));
          data.assign(1000, 0);
        } else {
          if (!receiver_first) compute(1);
          MPI_CHECK(MPI_Recv(data.data(), 1000, MPI_FLOAT, 0, 0, MPI_COMM_WORLD, &status));
          int count = 0;
          MPI_CHECK(MPI_Get_count(&status, MPI_FLOAT, &count));
          EXPECT_EQ(count, 1000);
          for (int i = 0; i < 1000; ++i) ASSERT_EQ(data[size_t(i)], float(i + 1));
        }
      });
    }
}

// ---- Chapter 05's collectives on simulated ranks: sums are right, times are those of the formulas ----

TEST(Collectives, EveryAllreduceAddsUp) {
  for (const int p : {1, 2, 3, 5, 8, 13, 32})
    for (const Named<Allreduce>& allreduce : allreduces()) {
      if (allreduce.needs_window) continue;
      simulate(nodes_of(4, 2), p, [&] {
        for (const size_t n : {size_t{1}, size_t{7}, size_t{1000}}) {
          std::vector<float> data(n), sum(n);
          for (size_t i = 0; i < n; ++i) data[i] = float(rank() + 1) + float(i);
          allreduce.function(sum.data(), data.data(), n, MPI_COMM_WORLD);
          const float all = float(p * (p + 1) / 2);
          for (size_t i = 0; i < n; ++i)
            ASSERT_EQ(sum[i], all + float(p) * float(i)) << allreduce.name << ", " << p << " ranks";
        }
      });
    }
}

// n divides by p, so every message has the length that the formula says. Nothing but rounding is between them.
TEST(Collectives, TakeTheTimeOfTheirFormulas) {
  constexpr size_t n = 1 << 14;
  constexpr double bytes = 4.0 * n;
  for (const int p : {2, 4, 8, 16}) {
    const auto seconds = [&](const std::string& name) {
      return simulate(flat(), p,
                      [&] {
                        std::vector<float> data(n, 1.0f);
                        find_allreduce(name).function(data.data(), data.data(), n, MPI_COMM_WORLD);
                      })
          .seconds;
    };
    const double steps = std::log2(p);
    EXPECT_NEAR(seconds("ring"), 2 * (p - 1) * (alpha + bytes / p * beta), 1e-12) << p;
    EXPECT_NEAR(seconds("recursive-doubling"), steps * (alpha + bytes * beta), 1e-12) << p;
    EXPECT_NEAR(seconds("rabenseifner"), 2 * (steps * alpha + (1 - 1.0 / p) * bytes * beta), 1e-12) << p;
    EXPECT_NEAR(seconds("rank-order"), 2 * (alpha + (p - 1) * bytes / p * beta), 1e-12) << p;  // overheads of all but the first are hidden
  }
}

// MPI's own, with every kind of operand that training uses.
TEST(Collectives, OfMpiItself) {
  for (const int p : {1, 2, 7}) {
    simulate(nodes_of(3, 1), p, [&] {
      int value = rank() == p - 1 ? 42 : 0;
      MPI_CHECK(MPI_Bcast(&value, 1, MPI_INT, p - 1, MPI_COMM_WORLD));
      EXPECT_EQ(value, 42);

      double sum = 0.5 * rank();
      MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD));
      EXPECT_EQ(sum, 0.25 * p * (p - 1));
      uint64_t most = uint64_t{1} << (40 + rank()), result = 0;
      MPI_CHECK(MPI_Allreduce(&most, &result, 1, MPI_UINT64_T, MPI_MAX, MPI_COMM_WORLD));
      EXPECT_EQ(result, uint64_t{1} << (40 + p - 1));
      struct {
        float value;
        int place;
      } best{rank() >= p / 2 ? 1.0f : 0.0f, rank()}, found{};
      MPI_CHECK(MPI_Allreduce(&best, &found, 1, MPI_FLOAT_INT, MPI_MAXLOC, MPI_COMM_WORLD));
      EXPECT_EQ(found.value, 1);
      EXPECT_EQ(found.place, p / 2);

      std::vector<int> all(size_t(p), -1), gathered(size_t(p), -1);
      const int mine = 10 + rank();
      MPI_CHECK(MPI_Allgather(&mine, 1, MPI_INT, all.data(), 1, MPI_INT, MPI_COMM_WORLD));
      MPI_CHECK(MPI_Gather(&mine, 1, MPI_INT, gathered.data(), 1, MPI_INT, 0, MPI_COMM_WORLD));
      for (int r = 0; r < p; ++r) {
        EXPECT_EQ(all[size_t(r)], 10 + r);
        if (rank() == 0) {
          EXPECT_EQ(gathered[size_t(r)], 10 + r);
        }
      }

      MPI_Comm node;
      MPI_CHECK(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node));
      EXPECT_EQ(ranks_of(node), std::min(3, p - rank() / 3 * 3));
      EXPECT_EQ(rank_of(node), rank() % 3);
      MPI_CHECK(MPI_Comm_free(&node));
      EXPECT_EQ(node, MPI_COMM_NULL);
    });
  }
}

// What the algorithms take that the head of simulated_collectives.cpp names, with p that is no power of two, on one node and on several;
// messages that are short, long, and so long that MPICH takes another way.
TEST(Collectives, OfMpiItselfTakeTheTimeOfTheirAlgorithms) {
  for (const int p : {1, 2, 3, 4, 5, 6, 8, 9})
    for (const int on_a_node : {1, 16})
      for (const int bytes : {8, 4000, 100'000}) {
        Cluster c = nodes_of(on_a_node, 1);
        c.eager_bytes = 1000;
        c.inside.rendezvous = 1.0 / 512, c.between.rendezvous = 1.0 / 128;
        c.bytes_per_second = 1 / beta;
        const Link& link = p <= on_a_node ? c.inside : c.between;
        const auto left = [&](double n) { return link.overhead + (n > 1000 ? link.rendezvous : 0) + n / link.bytes_per_second; };
        const auto there = [&](double n) { return left(n) + link.latency; };
        const bool power = (p & (p - 1)) == 0;
        int steps = 0, survivors = 1;
        while (1 << steps < p) ++steps;
        while (2 * survivors <= p) survivors *= 2;
        std::vector<char> data(size_t(bytes) * size_t(p)), all(data.size());
        const auto expect = [&](const char* name, auto call, double seconds, int messages, double sent) {
          const Simulated s = simulate(c, p, [&] { MPI_CHECK(call()); });
          if (seconds >= 0) {
            EXPECT_NEAR(s.seconds, seconds, 1e-12) << name << " of " << p << ", " << on_a_node << " a node, " << bytes << " bytes";
          }
          EXPECT_EQ(s.sum().messages, size_t(messages)) << name << " of " << p << ", " << bytes;
          EXPECT_EQ(s.sum().bytes, sent) << name << " of " << p << ", " << bytes;
        };
        expect("barrier", [] { return MPI_Barrier(MPI_COMM_WORLD); }, power ? steps * there(0) : -1, p * steps, 0);

        // A tree: each rank sends to its children, the one with most ranks behind it first.
        double tree = 0;
        const std::function<void(int, int, double)> send_down = [&](int v, int extent, double now) {
          for (int d = extent / 2; d > 0; d /= 2)
            if (v + d < p) send_down(v + d, d, now + there(bytes)), now += left(bytes);
          tree = std::max(tree, now);
        };
        send_down(0, 1 << steps, 0);
        const bool in_blocks = bytes >= 12'288 && p >= 8;
        double scattered = 0;  // each block goes down as often as its rank has ones in binary
        for (int v = 0; v < p; ++v) scattered += std::popcount(unsigned(v)) * double(share(size_t(bytes), size_t(p), size_t(v)).size());
        expect("bcast", [&] { return MPI_Bcast(data.data(), bytes, MPI_CHAR, p / 2, MPI_COMM_WORLD); }, in_blocks ? -1 : tree,
               in_blocks ? p - 1 + p * (p - 1) : p - 1, in_blocks ? scattered + (p - 1.0) * bytes : double(bytes) * (p - 1));

        double gathered = 0;
        const bool ring = size_t(bytes) * size_t(p) >= (power ? 524'288u : 81'920u);
        for (int d = 1; d < p; d *= 2) gathered += there(std::min(d, p - d) * double(bytes));
        if (ring) gathered = (p - 1) * there(bytes);
        expect("allgather", [&] { return MPI_Allgather(data.data(), bytes, MPI_CHAR, all.data(), bytes, MPI_CHAR, MPI_COMM_WORLD); }, gathered,
               ring ? p * (p - 1) : p * steps, double(p) * (p - 1) * bytes);
        double up = 0;  // bytes: each block goes to the root as often as its rank has ones in binary
        for (int v = 0; v < p; ++v) up += std::popcount(unsigned(v)) * double(bytes);
        expect("gather", [&] { return MPI_Gather(data.data(), bytes, MPI_CHAR, all.data(), bytes, MPI_CHAR, p / 2, MPI_COMM_WORLD); },
               p == 1 ? 0 : p == 2 ? there(bytes) : -1, p - 1, up);

        // A sum: two numbers are read and one is written. p that is no power of two: some act for their neighbours.
        const bool in_halves = bytes > 2048;
        const int rest = p - survivors, rounds = steps - (power ? 0 : 1);
        double sum = 0;
        for (int d = survivors / 2; d > 0; d /= 2) {
          const double n = in_halves ? double(bytes) * d / survivors : bytes;
          sum += (in_halves ? 2 : 1) * there(n) + 3 * n * beta;
        }
        expect("allreduce", [&] { return MPI_Allreduce(data.data(), all.data(), bytes / 4, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD); }, power ? sum : -1,
               2 * rest + survivors * rounds * (in_halves ? 2 : 1),
               2.0 * rest * bytes + (in_halves ? 2.0 * (survivors - 1) * bytes : double(survivors) * rounds * bytes));
      }
}

// A member may be late: nobody leaves before it has come. Sums, maxima and minima of every type.
TEST(Collectives, WaitForTheLastAndKnowEveryType) {
  const Simulated s = simulate(flat(), 3, [] {
    compute(rank());
    MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
  });
  // Rank 2 comes at 2. It has told rank 0 at 2 + alpha, which has told it so another alpha later; and rank 1, with its second message.
  const double ends[] = {2 + alpha + overhead, 2 + overhead + alpha, 2 + 2 * alpha};
  for (int r = 0; r < 3; ++r) {
    EXPECT_EQ(s.ranks[size_t(r)].seconds, ends[r]);
    EXPECT_EQ(s.ranks[size_t(r)].computing, r);
    EXPECT_EQ(s.ranks[size_t(r)].waiting, ends[r] - r);
  }
  EXPECT_EQ(s.sum().computing, 3);
  EXPECT_EQ(s.sum().waiting, 3 + 4 * alpha + 2 * overhead);
  EXPECT_EQ(s.sum().seconds, 6 + 4 * alpha + 2 * overhead);
  const auto reduce = [&]<class T>(MPI_Datatype type, T) {
    simulate(flat(), 3, [&] {
      const T mine[2] = {T(5 - 2 * rank()), T(rank() * rank() + 1)};
      const std::pair<MPI_Op, std::array<T, 2>> expected[] = {{MPI_SUM, {T(9), T(8)}}, {MPI_MAX, {T(5), T(5)}}, {MPI_MIN, {T(1), T(1)}}};
      for (const auto& [op, right] : expected) {
        T found[2] = {};
        MPI_CHECK(MPI_Allreduce(mine, found, 2, type, op, MPI_COMM_WORLD));
        EXPECT_TRUE(found[0] == right[0] && found[1] == right[1]) << found[0] << " " << found[1];
      }
    });
  };
  reduce(MPI_FLOAT, float{});
  reduce(MPI_DOUBLE, double{});
  reduce(MPI_INT, int{});
  reduce(MPI_INT64_T, int64_t{});
  reduce(MPI_UINT32_T, uint32_t{});
  reduce(MPI_UINT64_T, uint64_t{});
  EXPECT_EQ(error_of([] { simulate(flat(), 1, [] { MPI_Allreduce(MPI_IN_PLACE, nullptr, 1, MPI_SHORT, MPI_SUM, MPI_COMM_WORLD); }); }),
            "simulated MPI: a datatype that is not simulated");
}

// A sum of 100,000 numbers, also where they are addresses only. Of six ranks two act for their neighbours; four halve and double.
TEST(Collectives, ALongSumIsMadeOfMessages) {
  constexpr int n = 100'000;
  for (const bool real : {true, false}) {
    const Simulated s = simulate(nodes_of(2, 1), 6, [&] {
      std::vector<float> data(real ? n : 0, float(rank()));
      void* memory = real ? data.data() : ghost_allocate(4 * n);
      MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, memory, n, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD));
      for (float x : data) ASSERT_EQ(x, 15);
    });
    EXPECT_EQ(s.sum().messages, 2u * 2 + 4 * 2 * 2);
    EXPECT_EQ(s.sum().bytes, (2 * 2 + 4 * 2 * 0.75) * 4.0 * n);
  }
}

// ---- Training: the programs of earlier chapters ----

namespace {

const std::vector<int> sizes = {17, 13, 11, 13, 11, 13, 11, 13, 10};

HybridSettings settings(int micro_batches, bool reproducible) {
  return {.sizes = sizes,
          .batch = 29,
          .micro_batches = micro_batches,
          .reproducible = reproducible,
          .optimizer = {.learning_rate = 0.1}};
}

struct Trained {
  std::vector<float> weights;
  double loss = 0, seconds = 0;
  size_t messages = 0;
};

Trained train(const Cluster& cluster, const HybridSettings& s, const GridShape& shape) {
  const Dataset data = random_dataset(17, 29);
  const std::vector<uint32_t> order = permutation(1, 0, data.count);
  Trained result;
  const Simulated simulated = simulate(cluster, shape.ranks(), [&] {
    ModelledDevice device(cluster, Contents::real);
    const Grid grid(shape, MPI_COMM_WORLD);
    HybridModel model(device, grid, s);
    model.initialize(1);
    double loss = 0;
    for (int step = 0; step < 5; ++step) loss = model.step(data, order, {0, data.count}).loss;
    const std::vector<float> weights = model.weights();
    if (rank() == 0) result.weights = weights, result.loss = loss;
  });
  result.seconds = simulated.seconds;
  result.messages = simulated.sum().messages;
  return result;
}

}  // namespace

// Far more ranks than this machine has cores; with `reproducible` every bit is that of one rank.
TEST(Training, AnyGridWithoutTensorRanksEndsWithTheBitsOfOneRank) {
  const Cluster cluster = load_cluster("ethernet");
  const Trained one = train(cluster, settings(29, true), {1, 1, 1});
  std::vector<float> initial(one.weights.size());
  initialize(initial.data(), make_layout(sizes), 1);
  EXPECT_GT(compare(one.weights, initial).max_abs, 1e-3);  // it learns
  for (const GridShape shape : {GridShape{2, 1, 1}, {29, 1, 1}, {1, 8, 1}, {4, 4, 1}, {29, 8, 1}}) {
    const Trained many = train(cluster, settings(29, true), shape);
    EXPECT_TRUE(compare(many.weights, one.weights).same_bits()) << to_string(shape);
    EXPECT_EQ(many.loss, one.loss) << to_string(shape);
  }
}

// 12 and 16 tensor ranks: more than there are classes, so that some have nothing of the last layer.
TEST(Training, TensorRanksStayNearOneRank) {
  const Cluster cluster = load_cluster("ethernet");
  const Trained one = train(cluster, settings(4, false), {1, 1, 1});
  // Other micro-batches add the same gradients in another order. Ten times that, as in all chapters.
  const double bound =
      10 * compare(train(cluster, settings(7, false), {1, 1, 1}).weights, one.weights).max_abs;
  ASSERT_GT(bound, 0);
  for (const GridShape shape :
       {GridShape{1, 1, 2}, {1, 1, 8}, {2, 2, 4}, {4, 1, 12}, {2, 1, 16}, {2, 2, 16}}) {
    const Trained many = train(cluster, settings(4, false), shape);
    EXPECT_TRUE(compare(many.weights, one.weights).within(bound)) << to_string(shape);
  }
}

// Time depends on shapes only: the run without contents takes as long as the one that computes, and sends as many messages.
TEST(Training, TakesTheSameTimeWithoutContents) {
  const Cluster cluster = load_cluster("infiniband");
  for (const GridShape shape : {GridShape{4, 1, 1}, {2, 2, 1}, {2, 2, 4}, {1, 1, 12}}) {
    HybridSettings s = settings(4, false);
    s.allreduce = "mpi";
    const Dataset pictures = random_dataset(17, 29);
    Dataset empty = pictures;
    empty.pixels.clear();
    empty.height = empty.width = 0;
    const std::vector<uint32_t> order = permutation(1, 0, 29);
    const auto run = [&](Contents contents) {
      return simulate(cluster, shape.ranks(), [&] {
        ModelledDevice device(cluster, contents);
        const Grid grid(shape, MPI_COMM_WORLD);
        HybridModel model(device, grid, s);
        if (contents == Contents::real) model.initialize(1);
        for (int step = 0; step < 2; ++step)
          model.step(contents == Contents::real ? pictures : empty, order, {0, 29});
      });
    };
    const Simulated real = run(Contents::real), none = run(Contents::none);
    EXPECT_EQ(real.seconds, none.seconds) << to_string(shape);
    EXPECT_EQ(real.sum().messages, none.sum().messages);
    EXPECT_EQ(real.sum().bytes, none.sum().bytes);
  }
}

// A rank that computes at half the speed: synchronous training waits for it, whoever it is.
TEST(Training, TheSlowestRankSetsThePace) {
  const Cluster cluster = load_cluster("infiniband");
  HybridSettings s{
      .sizes = {784, 512, 256, 10}, .batch = 1024, .micro_batches = 8, .allreduce = "mpi", .optimizer = {}};
  const StepTime usual = simulate_step(cluster, s, {8, 1, 1});
  const StepTime slow = simulate_step(cluster, s, {8, 1, 1}, {.slow_rank = 5, .slowness = 2, .trace = {}});
  EXPECT_GE(slow.seconds, 2 * usual.computing);
  EXPECT_LE(slow.seconds, 2 * usual.seconds);
  EXPECT_NEAR(slow.computing, usual.computing * 9 / 8,
              1e-9);  // on average one rank of eight computes twice as long
}

// ---- The modelled device ----

TEST(Device, TakesTheTimeOfTheRoofline) {
  Cluster c = flat();
  c.operations_per_second = 1024;
  c.bytes_per_second = 64;
  c.launch = 0.125;
  const Simulated s = simulate(c, 2, [&] {
    ModelledDevice device(c, Contents::none);
    const Buffer<> memory(device, 1 << 20, Purpose::workspace);
    if (rank() == 0)
      device.linear_forward(memory, memory, memory, nullptr, Activation::none, 64, 64, 64);  // by arithmetic?
    if (rank() == 1) device.add(memory, memory, 1024);                                       // by memory
  });
  EXPECT_EQ(s.ranks[0].seconds, 0.125 + std::max(2.0 * 64 * 64 * 64 / 1024, 4.0 * 3 * 64 * 64 / 64));
  EXPECT_EQ(s.ranks[1].seconds, 0.125 + 4.0 * 3 * 1024 / 64);
}

// What each operation counts, from two clusters, of which one has memory that takes no time, and the other one arithmetic that does not.
TEST(Device, CountsWhatEachOperationComputesAndMoves) {
  using Operation = std::function<void(ModelledDevice&, float*)>;
  struct Case {
    const char* name;
    double operations, floats;
    Operation run;
  };
  constexpr int rows = 3, in = 5, out = 7;
  constexpr double y = rows * out, product = 2 * rows * in * out, matrices = rows * in + in * out + rows * out, n = 11;
  const Case cases[] = {
      {"forward", product, matrices, [](auto& d, float* p) { d.linear_forward(p, p, p, nullptr, Activation::none, rows, in, out); }},
      {"weights", product, matrices, [](auto& d, float* p) { d.linear_backward_weights(p, p, p, Write::overwrite, rows, in, out); }},
      {"bias", y, y, [](auto& d, float* p) { d.linear_backward_bias(p, p, Write::overwrite, rows, out); }},
      {"input", product, matrices, [](auto& d, float* p) { d.linear_backward_input(p, p, p, Write::overwrite, rows, in, out); }},
      {"add_bias", y, 2 * y, [](auto& d, float* p) { d.add_bias(p, p, Activation::none, rows, out); }},
      {"relu", n, 3 * n, [](auto& d, float* p) { d.relu_backward(p, p, 11); }},
      {"loss", 5 * y, 2 * y, [](auto& d, float* p) { d.softmax_cross_entropy(p, p, p, nullptr, 1, rows, out); }},
      {"row_max", y, y, [](auto& d, float* p) { d.row_max(p, p, rows, out); }},
      {"row_exp_sum", 2 * y, y, [](auto& d, float* p) { d.row_exp_sum(p, p, p, rows, out); }},
      {"finish", 3 * y, 2 * y, [](auto& d, float* p) { d.softmax_finish(p, p, p, p, p, nullptr, 1, rows, out, 0); }},
      {"add", n, 3 * n, [](auto& d, float* p) { d.add(p, p, 11); }},
      {"scale", n, 2 * n, [](auto& d, float* p) { d.scale(p, 1, 11); }},
      {"sgd", 2 * n, 3 * n, [](auto& d, float* p) { d.sgd(p, p, 1, 11); }},
      {"momentum", 4 * n, 5 * n, [](auto& d, float* p) { d.momentum(p, p, p, 1, 1, 11); }},
      {"adam", 12 * n, 7 * n, [](auto& d, float* p) { d.adam(p, p, p, p, 1, 1, 1, 1, 1, 11); }},
      {"copy", 0, 2 * n, [](auto& d, float* p) { d.copy(p, p, 11); }},
      {"fill", 0, n, [](auto& d, float* p) { d.fill(p, 0, 11); }}};
  Cluster computes = flat(), moves = flat();
  computes.operations_per_second = 256, moves.bytes_per_second = 1024;
  computes.launch = moves.launch = 2;
  for (const Case& c : cases)
    for (const double slowness : {1.0, 3.0}) {
      const auto seconds = [&](const Cluster& cluster) {
        return simulate(cluster, 1, [&] {
                 ModelledDevice device(cluster, Contents::none);
                 const Buffer<> memory(device, 100, Purpose::workspace);
                 device.set_slowness(slowness);
                 c.run(device, memory);
                 c.run(device, memory);
                 EXPECT_EQ(device.operations(), 2 * c.operations) << c.name;
               })
            .seconds;
      };
      EXPECT_EQ(seconds(computes), 2 * slowness * (2 + c.operations / 256)) << c.name;
      EXPECT_EQ(seconds(moves), 2 * slowness * (2 + c.floats / 256)) << c.name;
    }
  // A product without rows or columns is no operation.
  EXPECT_EQ(simulate(computes, 1,
                     [&] {
                       ModelledDevice device(computes, Contents::none);
                       device.linear_forward(nullptr, nullptr, nullptr, nullptr, Activation::none, 0, 5, 7);
                       device.linear_forward(nullptr, nullptr, nullptr, nullptr, Activation::none, 3, 5, 0);
                     })
                .seconds,
            0);
}

TEST(Device, WithoutContentsGivesZeros) {
  const Cluster c = flat();
  simulate(c, 1, [&] {
    ModelledDevice device(c, Contents::none);
    const Buffer<> memory(device, 3, Purpose::workspace);
    float out[3] = {1, 2, 3};
    device.copy_in(memory.data(), out, 3);
    device.copy_out(out, memory.data(), 2);
    EXPECT_TRUE(out[0] == 0 && out[1] == 0 && out[2] == 3);
  });
}

TEST(Ghosts, HaveAddressesOfTheirOwn) {
  char real[64] = "real", other[64] = "other";
  char* a = static_cast<char*>(ghost_allocate(0));
  char* b = static_cast<char*>(ghost_allocate(100));
  char* c = static_cast<char*>(ghost_allocate(64));
  for (char* p : {a, b, c}) EXPECT_EQ(reinterpret_cast<uintptr_t>(p) % 64, 0u);
  EXPECT_TRUE(b >= a + 64 && c >= b + 100);
  EXPECT_TRUE(is_ghost(a) && is_ghost(b) && is_ghost(b + 99) && is_ghost(c) && !is_ghost(real) && !is_ghost(nullptr));
  copy_unless_ghost(real, b, 5);
  copy_unless_ghost(b, real, 5);
  copy_unless_ghost(nullptr, real, 0);
  EXPECT_STREQ(real, "real");
  copy_unless_ghost(real, other, 6);
  EXPECT_STREQ(real, "other");
  EXPECT_THROW(ghost_allocate(size_t{1} << 50), std::bad_alloc);
}

// Operations of one step, by hand: two products forward and four backward, but the first layer has no dx; the rest is small.
TEST(Device, CountsTheOperationsOfAStep) {
  const HybridSettings s{.sizes = {784, 512, 256, 10}, .batch = 128, .allreduce = "mpi", .optimizer = {}};
  const StepTime t = simulate_step(load_cluster("two_cores"), s, {1, 1, 1});
  const double products = 2.0 * 128 * (2 * 784 * 512 + 3 * 512 * 256 + 3 * 256 * 10);
  EXPECT_GT(t.operations, products);
  EXPECT_LT(t.operations, 1.02 * products);
  EXPECT_EQ(t.computing, t.seconds);
  EXPECT_EQ(t.samples_per_second(128), 128 / t.seconds);
}

// However many steps are timed, a step takes as long; but the barrier behind the last one (2 us, 2 messages of each rank) is shared by
// all. Each number is one of all ranks, or the mean over them, as it says.
TEST(StepTime, IsThatOfOneStep) {
  const Cluster c = load_cluster("ethernet");
  const HybridSettings s{.sizes = {30, 20, 10}, .batch = 24, .micro_batches = 3, .allreduce = "mpi", .optimizer = {}};
  const StepTime nine = simulate_step(c, s, {3, 1, 1}, {.steps = 9, .trace = {}}), one = simulate_step(c, s, {3, 1, 1}, {.steps = 1, .trace = {}});
  EXPECT_NEAR(nine.seconds, one.seconds, 2e-6);
  EXPECT_NEAR(nine.computing, one.computing, 1e-12);
  EXPECT_EQ(nine.operations, one.operations);
  EXPECT_NEAR(double(nine.messages), double(one.messages), 6);
  EXPECT_EQ(nine.bytes, one.bytes);
  const StepTime& three = one;
  EXPECT_EQ(three.micro_batches, 3);
  EXPECT_EQ(three.shape, (GridShape{3, 1, 1}));
  EXPECT_GT(three.messages, 0u);
  EXPECT_LT(three.computing, three.seconds);
  const StepTime alone = simulate_step(c, s, {1, 1, 1});
  EXPECT_NEAR(alone.computing, alone.seconds, 1e-12);
  EXPECT_EQ(alone.messages, 0u);
  EXPECT_EQ(alone.memory, double(largest_footprint(s, {1, 1, 1}).sum()));
  EXPECT_EQ(alone.operations, 24.0 * 2 * (2 * 30 * 20 + 3 * 20 * 10)  // products: the first layer has no dx
                                  + 24 * (20 + 10)                    // sums of columns for the biases
                                  + 24 * 20                           // relu
                                  + 24 * 10 * 5                       // the loss
                                  + 2 * (30 * 20 + 20 + 20 * 10 + 10));  // the update
}

TEST(Device, HasNoMoreMemoryThanItsCluster) {
  Cluster c = flat();
  c.memory = 1e6;
  EXPECT_EQ(error_of([&] {
              simulate(c, 1, [&] {
                ModelledDevice device(c, Contents::none);
                const Buffer<> fits(device, 200'000, Purpose::parameters);
                const Buffer<> does_not(device, 60'000, Purpose::gradients);
              });
            }),
            "a rank needs more than the 1 MB that it has");
}

TEST(GridSearch, LeavesOutWhatDoesNotFitAndSortsTheRest) {
  Cluster c = load_cluster("ethernet");
  const HybridSettings s{.sizes = {784, 512, 256, 10}, .batch = 256, .allreduce = "mpi", .optimizer = {}};
  const GridSearch all = search_grids(c, s, 8);
  ASSERT_GT(all.grids.size(), 5u);
  EXPECT_EQ(all.too_large, 0);
  for (size_t i = 1; i < all.grids.size(); ++i) EXPECT_LE(all.grids[i - 1].seconds, all.grids[i].seconds);
  // Those of 8 ranks and 3 layers, each with the best number of micro-batches that chapter 10 would try.
  std::set<std::string> shapes;
  for (const StepTime& t : all.grids) {
    shapes.insert(to_string(t.shape));
    double best = 1e9;
    int micro_batches = 0;
    for (const int each : {1, 2, 4, 8}) {
      if (each > (t.shape.pipeline == 1 ? 1 : 4 * t.shape.pipeline)) continue;
      HybridSettings with = s;
      with.micro_batches = each * t.shape.data;
      const double seconds = simulate_step(c, with, t.shape, {.steps = 1, .trace = {}}).seconds;
      if (seconds < best) best = seconds, micro_batches = with.micro_batches;
    }
    EXPECT_EQ(t.seconds, best) << to_string(t.shape);
    EXPECT_EQ(t.micro_batches, micro_batches) << to_string(t.shape);
  }
  EXPECT_EQ(shapes, (std::set<std::string>{"8 x 1 x 1", "4 x 2 x 1", "4 x 1 x 2", "2 x 2 x 2", "2 x 1 x 4", "1 x 2 x 4", "1 x 1 x 8"}));
  c.memory = 2e6;  // the weights and gradients of the whole network need 4.3 MB
  const GridSearch some = search_grids(c, s, 8);
  EXPECT_GT(some.too_large, 0);
  EXPECT_EQ(some.grids.size() + size_t(some.too_large), all.grids.size());
  for (const StepTime& t : some.grids) EXPECT_LE(t.memory, 2e6);
}

// Ranks of a tensor group share a node, all of whose ranks are such groups; no more stages than layers, no more data ranks than rows.
TEST(GridSearch, TriesWhatFits) {
  const auto tried = [](int ranks, int on_a_node, size_t batch, std::vector<int> sizes) {
    Cluster c = nodes_of(on_a_node, 1);
    const GridSearch search = search_grids(c, {.sizes = sizes, .batch = batch, .allreduce = "mpi", .optimizer = {}}, ranks);
    std::set<std::string> shapes;
    for (const StepTime& t : search.grids) shapes.insert(to_string(t.shape));
    EXPECT_EQ(shapes.size(), search.grids.size());
    return shapes;
  };
  using Shapes = std::set<std::string>;
  EXPECT_EQ(tried(6, 6, 12, {8, 6, 6}), (Shapes{"6 x 1 x 1", "3 x 2 x 1", "3 x 1 x 2", "2 x 1 x 3", "1 x 2 x 3", "1 x 1 x 6"}));
  EXPECT_EQ(tried(6, 2, 12, {8, 6, 6}), (Shapes{"6 x 1 x 1", "3 x 2 x 1", "3 x 1 x 2"}));
  EXPECT_EQ(tried(6, 4, 5, {8, 6, 6, 4}), (Shapes{"3 x 2 x 1", "2 x 3 x 1", "3 x 1 x 2", "1 x 3 x 2"}));
  EXPECT_EQ(tried(1, 4, 1, {8, 6}), (Shapes{"1 x 1 x 1"}));
}

// ---- Laws ----

TEST(Laws, BelongTogether) {
  EXPECT_EQ(amdahl_speedup(0, 16), 16);
  EXPECT_EQ(amdahl_speedup(1, 16), 1);
  EXPECT_NEAR(amdahl_speedup(0.01, 1e9), 100, 1e-4);  // never above 1 / 0.01
  EXPECT_EQ(gustafson_speedup(0.5, 9), 5);
  for (const double p : {2.0, 8.0, 1000.0}) {
    EXPECT_NEAR(karp_flatt(amdahl_speedup(0.03, p), p), 0.03, 1e-12);
    EXPECT_NEAR(gustafson_serial(gustafson_speedup(0.03, p), p), 0.03, 1e-12);
  }
  EXPECT_LT(karp_flatt(9, 8), 0);  // faster than it can be: something else helped
}

// ---- Descriptions of clusters ----

namespace {

std::string described(const std::string& text) {
  const std::string file = testing::TempDir() + "cluster_" + std::to_string(getpid()) + ".txt";
  std::ofstream(file) << text;
  const std::string error = error_of([&] { load_cluster(file); });
  std::filesystem::remove(file);
  return error;
}

}  // namespace

TEST(Clusters, AllOfOursCanBeRead) {
  EXPECT_EQ(cluster_names(),
            (std::vector<std::string>{"ethernet", "gpu_pods", "infiniband", "two_cores", "two_cores_zen3"}));
  for (const std::string& name : cluster_names()) {
    const Cluster c = load_cluster(name);
    EXPECT_FALSE(c.title.empty()) << name;
    EXPECT_GE(c.between.alpha(false), c.inside.alpha(false)) << name;
    EXPECT_LE(c.between.bytes_per_second, 4 * c.inside.bytes_per_second) << name;
  }
  EXPECT_EQ(load_cluster("gpu_pods").cards_per_node, 8);
  EXPECT_EQ(load_cluster("two_cores").eager_bytes, 65536);
}

// Each number once, each with its unit.
TEST(Clusters, AreReadInTheirUnits) {
  const std::string file = testing::TempDir() + "cluster_" + std::to_string(getpid()) + ".txt";
  std::ofstream(file) << "# A title, with words\nranks-per-node 3 # and a comment\n\ncards-per-node 2\neager-kib 5\ninside-latency-us 7\n"
                         "inside-overhead-us 11\ninside-gap-us 53\nfifo-ports 1\ninside-rendezvous-us 13\ninside-gbyte-per-second 17\nbetween-latency-us 19\n"
                         "between-overhead-us 23\nbetween-rendezvous-us 29\nbetween-gbyte-per-second 31\ntflop-per-second 37\n"
                         "memory-gbyte-per-second 41\nmemory-gbyte 43\nlaunch-us 47\n";
  const Cluster c = load_cluster(file);
  std::filesystem::remove(file);
  EXPECT_EQ(c.title, "A title, with words");
  EXPECT_EQ(c.ranks_per_node, 3);
  EXPECT_EQ(c.cards_per_node, 2);
  EXPECT_EQ(c.eager_bytes, 5120);
  EXPECT_DOUBLE_EQ(c.inside.latency, 7e-6);
  EXPECT_DOUBLE_EQ(c.inside.overhead, 11e-6);
  EXPECT_DOUBLE_EQ(c.inside.rendezvous, 13e-6);
  EXPECT_DOUBLE_EQ(c.inside.bytes_per_second, 17e9);
  EXPECT_DOUBLE_EQ(c.between.latency, 19e-6);
  EXPECT_DOUBLE_EQ(c.between.overhead, 23e-6);
  EXPECT_DOUBLE_EQ(c.between.rendezvous, 29e-6);
  EXPECT_DOUBLE_EQ(c.between.bytes_per_second, 31e9);
  EXPECT_DOUBLE_EQ(c.operations_per_second, 37e12);
  EXPECT_DOUBLE_EQ(c.bytes_per_second, 41e9);
  EXPECT_DOUBLE_EQ(c.memory, 43e9);
  EXPECT_DOUBLE_EQ(c.launch, 47e-6);
  EXPECT_DOUBLE_EQ(c.inside.gap, 53e-6);
  EXPECT_DOUBLE_EQ(c.inside.alpha(false), 71e-6);
  EXPECT_DOUBLE_EQ(c.inside.alpha(true), 84e-6);
  EXPECT_TRUE(c.fifo_ports && !c.progress_alone && c.between.gap == 0);  // these need not be there
  EXPECT_TRUE(c.node_of(2) == 0 && c.node_of(3) == 1 && c.node_of(8) == 2);
  EXPECT_TRUE(&c.link(0, 2) == &c.inside && &c.link(2, 3) == &c.between);
}

TEST(Clusters, MistakesAreNamedWithTheirLine) {
  EXPECT_TRUE(contains(error_of([] { load_cluster("no_such"); }),
                       "cluster 'no_such': no such file, and none of ethernet, gpu_pods"));
  EXPECT_TRUE(contains(described("ranks-per-node 2\n"), ".txt:1: the first line must be a title"));
  EXPECT_TRUE(contains(described("# x\nranks-per-nod 2\n"), ".txt:2: unknown name 'ranks-per-nod'"));
  EXPECT_TRUE(contains(described("# x\n\nranks-per-node two\n"), ".txt:3: ranks-per-node needs one number"));
  EXPECT_TRUE(contains(described("# x\nranks-per-node 2 3\n"), "ranks-per-node needs one number"));
  EXPECT_TRUE(contains(described("# x\nranks-per-node 0\n"), "ranks-per-node is too small: the least is 1"));
  EXPECT_TRUE(contains(described("# x\ninside-latency-us nan\n"), "inside-latency-us"));
  EXPECT_TRUE(contains(described("# x\nranks-per-node 2\nranks-per-node 2\n"),
                       ".txt:3: ranks-per-node was given before"));
  EXPECT_TRUE(contains(described("# x\nranks-per-node 2\n"), "no line says cards-per-node"));
  EXPECT_TRUE(contains(described("# x\ninside-latency-us -1\n"), ".txt:2: inside-latency-us is too small: the least is 0"));
  EXPECT_TRUE(contains(described("# x\ntflop-per-second 0\n"), ".txt:2: tflop-per-second is too small: the least is 1e-6"));
  EXPECT_TRUE(contains(described("# x\nranks-per-node 0.5\n"), "ranks-per-node is too small: the least is 1"));
  EXPECT_TRUE(contains(described("# x\nmemory-gbyte inf\n"), "memory-gbyte"));
  EXPECT_TRUE(contains(error_of([] { load_cluster("chapters"); }), "cluster 'chapters': no such file"));
}

// ---- Mistakes of programs are explained, and nothing is left behind ----

TEST(Mistakes, RanksThatWaitForEachOther) {
  const std::string text =
      error_of([] { simulate(flat(), 3, [] { receive_bytes(8, (rank() + 1) % 3, 7); }); });
  EXPECT_TRUE(contains(text, "deadlock")) << text;
  EXPECT_TRUE(contains(text, "rank 2 waits for a message from rank 0, tag 7")) << text;
  const std::string many =
      error_of([] { simulate(flat(), 30, [] { receive_bytes(8, (rank() + 1) % 30); }); });
  EXPECT_TRUE(contains(many, "and 26 more")) << many;
}

// Everybody sends first: works as long as messages are short.
TEST(Mistakes, LongMessagesInACircle) {
  Cluster c = flat();
  c.eager_bytes = 1000;
  const auto circle = [&](size_t bytes) {
    return error_of(
        [&] { simulate(c, 2, [&] { send_bytes(bytes, 1 - rank()), receive_bytes(bytes, 1 - rank()); }); });
  };
  EXPECT_EQ(circle(1000), "no error");
  EXPECT_TRUE(contains(circle(1001), "rank 0 waits for the receive of rank 1, tag 0")) << circle(1001);
}

TEST(Mistakes, OneRankMissesACollective) {
  const std::string text = error_of([] {
    simulate(flat(), 3, [] {
      if (rank() < 2) MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
    });
  });
  EXPECT_TRUE(contains(text, "rank 0 waits for MPI_Barrier of 'MPI_COMM_WORLD'")) << text;
}

TEST(Mistakes, DifferentCollectives) {
  const std::string text = error_of([] {
    simulate(flat(), 2, [] {
      int x = 0;
      if (rank() == 0)
        MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
      else
        MPI_CHECK(MPI_Bcast(&x, 1, MPI_INT, 0, MPI_COMM_WORLD));
    });
  });
  EXPECT_TRUE(contains(text, "calls MPI_B")) << text;
  EXPECT_TRUE(contains(text, "where others call MPI_B")) << text;
}

TEST(Mistakes, AMessageThatDoesNotFit) {
  const std::string text = error_of([] {
    simulate(flat(), 2, [] {
      if (rank() == 0)
        send_bytes(9, 1, 3);
      else
        receive_bytes(8, 0, 3);
    });
  });
  EXPECT_EQ(text, "rank 1 receives 9 bytes from rank 0, tag 3, into memory of 8");
}

TEST(Mistakes, ARankThatIsNotThere) {
  EXPECT_EQ(error_of([] { simulate(flat(), 2, [] { send_bytes(1, 2); }); }),
            "rank 0: sends to rank 2 of 'MPI_COMM_WORLD', which has 2");
  EXPECT_TRUE(contains(error_of([] { simulate(flat(), 2, [] { receive_bytes(1, MPI_ANY_SOURCE); }); }),
                       "any source"));
  EXPECT_TRUE(contains(error_of([] { simulate(flat(), 0, [] {}); }), "0 ranks"));
  EXPECT_TRUE(contains(error_of([] { compute(1); }), "outside of simulate()"));
}

// The error of one rank ends all of them: objects of the others are destroyed, also of those that wait, and another
// simulation can begin.
TEST(Mistakes, AnErrorOfOneRankEndsAll) {
  int alive = 0;
  struct Counted {
    int& n;
    explicit Counted(int& count) : n(count) { ++n; }
    ~Counted() { --n; }
  };
  for (int round = 0; round < 3; ++round) {
    const std::string text = error_of([&] {
      simulate(flat(), 5, [&] {
        const Counted counted(alive);
        Pending pending;  // its destructor waits
        float x = 0;
        if (rank() == 1) pending.receive(&x, 1, 0, MPI_COMM_WORLD);
        if (rank() == 2) compute(1), throw Error("rank 2 has had enough");
        if (rank() == 3) return;
        receive_bytes(8, 2);
      });
    });
    EXPECT_EQ(text, "rank 2 has had enough");
    EXPECT_EQ(alive, 0);
  }
}

// ---- The timeline ----

TEST(Timeline, ShowsWhatRanksDidAndWhen) {
  const std::string file = testing::TempDir() + "timeline_" + std::to_string(getpid()) + ".json";
  const HybridSettings s{
      .sizes = {20, 30, 30, 10}, .batch = 24, .micro_batches = 4, .allreduce = "mpi", .optimizer = {}};
  simulate_step(load_cluster("ethernet"), s, {2, 2, 1}, {.trace = file});
  std::ifstream in(file);
  std::string line, all;
  while (std::getline(in, line)) all += line + "\n";
  std::filesystem::remove(file);
  for (const char* part : {"\"rank 3 on node 0\"", "\"name\":\"forward 1\",\"cat\":\"compute\"",
                           "\"cat\":\"wait\"", "\"peer\":2"})
    EXPECT_TRUE(contains(all, part)) << part;

  // A message by hand: what is computed is no event, the send takes overhead and wire, the receive waits from its beginning.
  simulate(flat(), 2, [] {
    if (rank() == 0) compute(1), send_bytes(1024, 1);
    else receive_bytes(1024, 0);
  }, file);
  std::ifstream again(file);
  const std::string text{std::istreambuf_iterator<char>(again), {}};
  std::filesystem::remove(file);
  char events[400];
  std::snprintf(events, sizeof events,
                "{\"name\":\"MPI_Send\",\"cat\":\"send\",\"ph\":\"X\",\"pid\":0,\"tid\":0,\"ts\":1000000.000,\"dur\":%.3f,"
                "\"args\":{\"bytes\":1024,\"peer\":1}},\n"
                "{\"name\":\"MPI_Recv\",\"cat\":\"receive\",\"ph\":\"X\",\"pid\":0,\"tid\":1,\"ts\":0.000,\"dur\":%.3f,"
                "\"args\":{\"bytes\":1024,\"peer\":0}},\n",
                1e6 * (overhead + 1024 * beta), 1e6 * (1 + alpha + 1024 * beta));
  EXPECT_TRUE(contains(text, events)) << text << events;
  EXPECT_TRUE(contains(error_of([&] {
                         simulate(
                             flat(), 1, [] {}, "/no/such/folder/x.json");
                       }),
                       "cannot be written"));
}
