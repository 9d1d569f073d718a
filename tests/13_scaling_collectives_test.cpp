// Collectives on simulated ranks, chapter 05's and MPI's own: sums are right, times are those of the formulas.
#include <gtest/gtest.h>
#include <mpi.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <functional>
#include <utility>

#include "chapters/05_collectives/table.h"
#include "chapters/13_scaling/ghost_memory.h"
#include "chapters/13_scaling/simulated_mpi.h"
#include "common/split.h"
#include "tests/13_simulated_ranks.h"

using namespace simulated_ranks;

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

// Ranks come one after another, as those of real machines do. Who is late asks whether its own long message may come, and then answers that the
// others' may. The other way round its answer would let them begin, and theirs to it would wait behind that, where there is one connection. (A
// question takes longer than the overheads of seven messages. MPI's own allreduce answers first.)
TEST(Collectives, AskBeforeTheyAnswer) {
  constexpr size_t n = 1 << 14;
  for (const Named<Allreduce>& allreduce : allreduces())
    for (const int p : {2, 3, 4, 8}) {
      if (allreduce.needs_window || allreduce.name == std::string("mpi")) continue;
      const auto seconds = [&](bool one_connection) {
        Cluster c = flat();
        c.between.rendezvous = 4 * latency;
        c.eager_bytes = 1024;
        c.one_connection = one_connection;
        return simulate(c, p, [&] {
                 std::vector<float> data(n, 1.0f);
                 compute(0.5 * latency * rank());
                 allreduce.function(data.data(), data.data(), n, MPI_COMM_WORLD);
               })
            .seconds;
      };
      EXPECT_LE(seconds(true), seconds(false) + latency) << allreduce.name << ", " << p << " ranks";
    }
}

// Two elements of three; of equal values the lower place.
TEST(Collectives, CombineTheirElementsAlone) {
  const auto combined = [](auto a, const auto& b, MPI_Datatype type, MPI_Op op) {
    combine(a.data(), b.data(), 2, type, op);
    return a;
  };
  const std::array<int, 3> few = {1, 5, 7}, more = {2, 3, 9};
  EXPECT_EQ(combined(few, more, MPI_INT, MPI_SUM), (std::array{3, 8, 7}));
  EXPECT_EQ(combined(few, more, MPI_INT, MPI_MAX), (std::array{2, 5, 7}));
  EXPECT_EQ(combined(few, more, MPI_INT, MPI_MIN), (std::array{1, 3, 7}));
  using Places = std::array<std::pair<float, int>, 3>;
  EXPECT_EQ(combined(Places{{{1, 4}, {2, 4}, {3, 4}}}, Places{{{1, 2}, {2, 6}, {9, 9}}}, MPI_FLOAT_INT, MPI_MAXLOC), (Places{{{1, 2}, {2, 4}, {3, 4}}}));
  EXPECT_EQ(combined(Places{{{1, 4}, {2, 4}, {3, 4}}}, Places{{{2, 7}, {1, 1}, {9, 9}}}, MPI_FLOAT_INT, MPI_MAXLOC), (Places{{{2, 7}, {2, 4}, {3, 4}}}));
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

      std::vector<int> all(size_t(p), -1);
      const int mine = 10 + rank();
      MPI_CHECK(MPI_Allgather(&mine, 1, MPI_INT, all.data(), 1, MPI_INT, MPI_COMM_WORLD));
      for (int r = 0; r < p; ++r) EXPECT_EQ(all[size_t(r)], 10 + r);

      MPI_Comm copy;
      MPI_CHECK(MPI_Comm_dup(MPI_COMM_WORLD, &copy));
      EXPECT_TRUE(copy != MPI_COMM_WORLD && ranks_of(copy) == p && rank_of(copy) == rank());
      MPI_CHECK(MPI_Comm_free(&copy));

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
// messages that are empty, short, long, and so long that MPICH takes another way. Each rank has its ports for itself, so the time of a message
// follows from when it is sent and when it is asked for; the clocks of ranks that are not alike go from round to round.
TEST(Collectives, OfMpiItselfTakeTheTimeOfTheirAlgorithms) {
  for (const int p : {1, 2, 3, 4, 5, 6, 8, 9})
    for (const int on_a_node : {1, 16})
      for (const int bytes : {0, 8, 4000, 100'000}) {
        Cluster c = nodes_of(on_a_node, 1);
        c.eager_bytes = 1000;
        c.inside.rendezvous = 1.0 / 512, c.between.rendezvous = 1.0 / 128;
        c.bytes_per_second = 1 / beta;
        const Link& link = p <= on_a_node ? c.inside : c.between;
        const auto left = [&](double n) { return link.overhead + (n > 1000 ? link.rendezvous : 0) + n / link.bytes_per_second; };
        const auto there = [&](double n) { return left(n) + link.latency; };
        // When n bytes have left that are sent at one moment and asked for at another one, and when they are there. A long message has both.
        const auto gone = [&](double n, double sent, double asked) {
          const double ready = sent + link.overhead;
          return (n > 1000 ? std::max(ready, asked) + link.rendezvous : ready) + n / link.bytes_per_second;
        };
        const auto came = [&](double n, double sent, double asked) { return std::max(asked, gone(n, sent, asked) + link.latency); };
        using Clocks = std::vector<double>;
        const auto last_of = [](const Clocks& clocks) { return *std::max_element(clocks.begin(), clocks.end()); };
        // Everybody sends to one rank and receives from another one, at once. bytes_of(rank): that it sends.
        const auto exchange = [&](const Clocks& t, auto to, auto from, auto bytes_of) {
          Clocks after;
          for (int r = 0; r < int(t.size()); ++r)
            after.push_back(std::max(gone(bytes_of(r), t[size_t(r)], t[size_t(to(r))]), came(bytes_of(from(r)), t[size_t(from(r))], t[size_t(r)])));
          return after;
        };
        const bool power = (p & (p - 1)) == 0;
        int steps = 0, survivors = 1;
        while (1 << steps < p) ++steps;
        while (2 * survivors <= p) survivors *= 2;
        std::vector<char> data(size_t(bytes) * size_t(p)), all(data.size());
        const auto expect = [&](const char* name, auto call, double seconds, int messages, double sent) {
          const Simulated s = simulate(c, p, [&] { MPI_CHECK(call()); });
          if (seconds >= 0) {
            EXPECT_NEAR(s.seconds, seconds, 1e-9) << name << " of " << p << ", " << on_a_node << " a node, " << bytes << " bytes";
          }
          EXPECT_EQ(s.sum().messages, size_t(messages)) << name << " of " << p << ", " << bytes;
          EXPECT_EQ(s.sum().bytes, sent) << name << " of " << p << ", " << bytes;
        };
        expect("barrier", [] { return MPI_Barrier(MPI_COMM_WORLD); }, steps * there(0), p * steps, 0);

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
        // The same tree with blocks, each rank's own and those behind it; then round the ring, where each begins when it has its blocks.
        const auto block = [&](int first, int last) {
          return double(share(size_t(bytes), size_t(p), size_t(last - 1)).last - share(size_t(bytes), size_t(p), size_t(first)).first);
        };
        Clocks ring_clocks(size_t(p), 0);
        const std::function<void(int, int)> scatter = [&](int v, int extent) {
          double& now = ring_clocks[size_t(v)];
          for (int d = extent / 2; d > 0; d /= 2) {
            if (v + d >= p) continue;
            const double n = block(v + d, std::min(p, v + 2 * d));
            ring_clocks[size_t(v + d)] = came(n, now, 0);
            now = gone(n, now, 0);
            scatter(v + d, d);
          }
        };
        scatter(0, 1 << steps);
        for (int step = 0; step + 1 < p; ++step)
          ring_clocks = exchange(ring_clocks, [&](int r) { return (r + 1) % p; }, [&](int r) { return (r + p - 1) % p; },
                                 [&](int r) { return block((r - step + p) % p, (r - step + p) % p + 1); });
        if (in_blocks) tree = last_of(ring_clocks);
        expect("bcast", [&] { return MPI_Bcast(data.data(), bytes, MPI_CHAR, p / 2, MPI_COMM_WORLD); }, tree,
               in_blocks ? p - 1 + p * (p - 1) : p - 1, in_blocks ? scattered + (p - 1.0) * bytes : double(bytes) * (p - 1));

        double gathered = 0;
        const bool ring = size_t(bytes) * size_t(p) >= (power ? 524'288u : 81'920u);
        for (int d = 1; d < p; d *= 2) gathered += there(std::min(d, p - d) * double(bytes));
        if (ring) gathered = (p - 1) * there(bytes);
        expect("allgather", [&] { return MPI_Allgather(data.data(), bytes, MPI_CHAR, all.data(), bytes, MPI_CHAR, MPI_COMM_WORLD); }, gathered,
               ring ? p * (p - 1) : p * steps, double(p) * (p - 1) * bytes);
        // A sum: two numbers are read and one is written. p that is no power of two: some act for their neighbours. Then ranks are not alike,
        // and short messages meet at a port, which is not in these formulas; empty ones have nothing to share, long ones wait to be asked for.
        const bool meet = !power && bytes > 0 && bytes <= 1000;
        const bool in_halves = bytes > 2048;
        const int rest = p - survivors, rounds = steps - (power ? 0 : 1);
        Clocks sums(size_t(survivors), 0);
        const auto add = [&](double n) {
          for (double& now : sums) now += 3 * n * beta;
        };
        const auto with_partner = [&](int d, double n) {
          const auto partner = [&](int r) { return r ^ d; };
          sums = exchange(sums, partner, partner, [&](int) { return n; });
        };
        for (int s = 0; s < rest; ++s) sums[size_t(s)] = came(bytes, 0, 0) + 3 * bytes * beta;
        for (int d = survivors / 2; d > 0 && in_halves; d /= 2) with_partner(d, double(bytes) * d / survivors), add(double(bytes) * d / survivors);
        for (int d = 1; d < survivors; d *= 2)
          if (in_halves)
            with_partner(d, double(bytes) * d / survivors);
          else
            with_partner(d, bytes), add(bytes);
        double sum = last_of(sums);
        for (int s = 0; s < rest; ++s) sum = std::max(sum, came(bytes, sums[size_t(s)], 0));
        expect("allreduce", [&] { return MPI_Allreduce(data.data(), all.data(), bytes / 4, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD); }, meet ? -1 : sum,
               2 * rest + survivors * rounds * (in_halves ? 2 : 1),
               2.0 * rest * bytes + (in_halves ? 2.0 * (survivors - 1) * bytes : double(survivors) * rounds * bytes));
      }
}

// As long as each way asks for: a broadcast in blocks, and blocks that go round a ring, that double, and that Bruck moves.
TEST(Collectives, OfMpiItselfCarryEveryByte) {
  for (const int p : {1, 3, 4, 8, 9})
    for (const int n : {5, 1000, 20'011, 180'003}) {
      std::vector<char> everybodys(size_t(p) * size_t(n));
      for (size_t i = 0; i < everybodys.size(); ++i) everybodys[i] = char(i + i / 251);
      const auto of_rank = [&](int r) { return everybodys.begin() + r * n; };
      simulate(nodes_of(4, 2), p, [&] {
        for (const int root : {0, p - 1}) {
          std::vector<char> data(size_t(n), 0);
          if (rank() == root) std::copy_n(of_rank(p / 2), n, data.begin());
          MPI_CHECK(MPI_Bcast(data.data(), n, MPI_CHAR, root, MPI_COMM_WORLD));
          EXPECT_TRUE(std::equal(data.begin(), data.end(), of_rank(p / 2))) << p << " ranks, root " << root << ", " << n << " bytes";
        }
        const std::vector<char> mine(of_rank(rank()), of_rank(rank()) + n);
        std::vector<char> all(everybodys.size());
        MPI_CHECK(MPI_Allgather(mine.data(), n, MPI_CHAR, all.data(), n, MPI_CHAR, MPI_COMM_WORLD));
        EXPECT_TRUE(all == everybodys) << p << " ranks, " << n << " bytes";
      });
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
