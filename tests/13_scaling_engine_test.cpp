// What chapter 13 claims of its engine: messages share ports by the rule, and nothing depends on the order in which things are said.
#include <gtest/gtest.h>
#include <mpi.h>

#include <cmath>
#include <map>
#include <numeric>

#include "chapters/13_scaling/network.h"
#include "tests/13_hybrid_grid.h"
#include "tests/13_random_programs.h"

namespace {

using random_programs::Dice;

// Seconds, bytes and bytes/s are small numbers; nothing but messages costs time.
Cluster cluster_of(int ranks_per_node, int cards, const Link& inside, const Link& between) {
  Cluster c;
  c.ranks_per_node = ranks_per_node;
  c.cards_per_node = cards;
  c.inside = inside;
  c.between = between;
  c.eager_bytes = 1e18;
  return c;
}
Cluster plain(double bytes_per_second) {
  const Link link{.bytes_per_second = bytes_per_second};
  return cluster_of(1, 1, link, link);
}

struct Flow {
  double begin;
  int from, to;
  double bytes;
};

// When the last byte of each has left. The flows are told in this order, with these numbers.
std::vector<double> ends_of(const Cluster& c, int ranks, const std::vector<Flow>& flows, const std::vector<int>& order) {
  Events events;
  Network network(c, ranks, events);
  for (int number = 0; number < int(order.size()); ++number)
    events.insert({flows[size_t(order[size_t(number)])].begin, Happens::message_begins, number});
  std::vector<double> ends(flows.size(), -1);
  double now = 0;
  for (;;) {
    if ((events.empty() || events.begin()->moment > now) && network.settle(now)) continue;
    EXPECT_LE(events.size(), flows.size());  // no dead ones
    if (events.empty()) return ends;
    const Event event = *events.begin();
    events.erase(events.begin());
    EXPECT_GE(event.moment, now);
    now = event.moment;
    const int flow = order[size_t(event.number)];
    const Flow& f = flows[size_t(flow)];
    if (event.what == Happens::message_begins) {
      network.begin(now, event.number, f.from, size_t(flow), f.to, f.bytes);
    } else {
      EXPECT_EQ(ends[size_t(flow)], -1) << "flow " << flow << " has ended twice";
      if (ends[size_t(flow)] >= 0) return ends;
      network.end(now, event.number);
      ends[size_t(flow)] = now;
    }
  }
}
std::vector<double> ends_of(const Cluster& c, int ranks, const std::vector<Flow>& flows) {
  std::vector<int> order(flows.size());
  std::iota(order.begin(), order.end(), 0);
  return ends_of(c, ranks, flows, order);
}

// The two ports of a flow, by the words of the chapter: of a rank, or of a card.
std::array<std::string, 2> ports_of(const Cluster& c, const Flow& f) {
  const auto name = [&](int rank) {
    const int node = rank / c.ranks_per_node, card = rank % c.ranks_per_node % c.cards_per_node;
    return f.from / c.ranks_per_node == f.to / c.ranks_per_node ? "rank " + std::to_string(rank)
                                                               : "node " + std::to_string(node) + " card " + std::to_string(card);
  };
  return {name(f.from) + " out", name(f.to) + " in"};
}
const Link& link_of(const Cluster& c, const Flow& f) {
  return f.from / c.ranks_per_node == f.to / c.ranks_per_node ? c.inside : c.between;
}

// The same from the rule alone, slowly: from each moment to the next one all rates are found anew.
std::vector<double> ends_by_the_rule(const Cluster& c, const std::vector<Flow>& flows) {
  std::vector<double> left, ends(flows.size(), -1);
  for (const Flow& f : flows) left.push_back(f.bytes + link_of(c, f).gap * link_of(c, f).bytes_per_second);
  for (double now = 0;;) {
    std::map<std::string, int> users;
    const auto flies = [&](size_t i) { return ends[i] < 0 && flows[i].begin <= now; };
    for (size_t i = 0; i < flows.size(); ++i)
      if (flies(i))
        for (const std::string& port : ports_of(c, flows[i])) ++users[port];
    std::vector<double> rate(flows.size());
    double next = 1e300;
    for (size_t i = 0; i < flows.size(); ++i) {
      if (flies(i)) {
        const auto [out, in] = ports_of(c, flows[i]);
        rate[i] = link_of(c, flows[i]).bytes_per_second / std::max(users[out], users[in]);
        next = std::min(next, now + left[i] / rate[i]);
      } else if (ends[i] < 0) {
        next = std::min(next, flows[i].begin);
      }
    }
    if (next == 1e300) return ends;
    for (size_t i = 0; i < flows.size(); ++i) {
      if (!flies(i)) continue;
      left[i] -= rate[i] * (next - now);
      if (left[i] <= 1e-9) ends[i] = next;
    }
    now = next;
  }
}

struct RandomFlows {
  Cluster cluster;
  int ranks;
  std::vector<Flow> flows;
};
RandomFlows random_flows(uint64_t seed) {
  Dice dice(seed);
  const bool round = dice.below(2) == 0;
  RandomFlows r;
  const int each = 1 + dice.below(4);
  r.cluster = cluster_of(each, 1 + dice.below(each), {.gap = dice.below(2) * 0.25, .bytes_per_second = 96}, {.gap = dice.below(2) * 0.125, .bytes_per_second = 32});
  r.ranks = 2 + dice.below(7);
  for (int n = 1 + dice.below(25); n > 0; --n) {
    const int from = dice.below(r.ranks), to = (from + 1 + dice.below(r.ranks - 1)) % r.ranks;
    r.flows.push_back({round ? dice.below(4) : 4 * dice.between_0_and_1(), from, to, round ? 32.0 * dice.below(4) : 100 * dice.between_0_and_1()});
  }
  return r;
}

// At 1 MB/ms: 1 ms for each million.
constexpr int megabyte = 1'000'000;

// The moments (ms) at which rank 2 has its messages of 1 MB from rank 0 and from rank 1, and rank 1 its 10 MB from rank 0, of three ranks. swaps:
// bit 0: rank 0's sends are exchanged; bit 1: rank 2's receives.
std::array<double, 3> example(bool fifo, int swaps, double eager_bytes) {
  Cluster c = plain(1000.0 * megabyte);
  c.eager_bytes = eager_bytes;
  c.fifo_ports = fifo;
  std::array<double, 3> there{};
  simulate(c, 3, [&] {
    std::vector<char> out(10 * megabyte), in(10 * megabyte), in_too(megabyte);
    MPI_Request requests[2];
    const int rank = rank_of(MPI_COMM_WORLD);
    const auto moment = [&](MPI_Request& request) {
      MPI_CHECK(MPI_Wait(&request, MPI_STATUS_IGNORE));
      return 1000 * virtual_time();
    };
    if (rank == 0) {
      for (int i : {0, 1}) {
        const bool large = i == (swaps & 1);
        MPI_CHECK(MPI_Isend(out.data(), large ? 10 * megabyte : megabyte, MPI_CHAR, large ? 1 : 2, 0, MPI_COMM_WORLD, &requests[i]));
      }
      MPI_CHECK(MPI_Waitall(2, requests, MPI_STATUSES_IGNORE));
    } else if (rank == 1) {
      MPI_CHECK(MPI_Irecv(in.data(), 10 * megabyte, MPI_CHAR, 0, 0, MPI_COMM_WORLD, &requests[0]));
      MPI_CHECK(MPI_Isend(out.data(), megabyte, MPI_CHAR, 2, 0, MPI_COMM_WORLD, &requests[1]));
      MPI_CHECK(MPI_Wait(&requests[1], MPI_STATUS_IGNORE));
      there[2] = moment(requests[0]);
    } else {
      for (int i : {0, 1}) {
        const int from = i ^ (swaps >> 1);
        MPI_CHECK(MPI_Irecv(from ? in_too.data() : in.data(), megabyte, MPI_CHAR, from, 0, MPI_COMM_WORLD, &requests[from]));
      }
      int first = 0, done = 0;  // in the order of their ends
      while (!done) MPI_CHECK(MPI_Test(&requests[first ^= 1], &done, MPI_STATUS_IGNORE));
      there[size_t(first)] = 1000 * virtual_time();
      there[size_t(first ^ 1)] = moment(requests[first ^ 1]);
    }
  });
  return there;
}

// One message of `bytes` from rank 0 to rank `to`, alone: when its sender and its receiver go on.
std::array<double, 2> alone(const Cluster& c, int to, int bytes, double receiver_computes = 0) {
  const Simulated s = simulate(c, 4, [&] {
    std::vector<char> data(size_t(bytes) + 1);
    if (rank_of(MPI_COMM_WORLD) == 0) MPI_CHECK(MPI_Send(data.data(), bytes, MPI_CHAR, to, 0, MPI_COMM_WORLD));
    if (rank_of(MPI_COMM_WORLD) != to) return;
    compute(receiver_computes);
    MPI_CHECK(MPI_Recv(data.data(), bytes, MPI_CHAR, 0, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE));
  });
  return {s.ranks[0].seconds, s.ranks[size_t(to)].seconds};
}

}  // namespace

// ---- One message ----

TEST(AMessage, TakesItsAlphaAndBetaOnIdleLinks) {
  Cluster c = cluster_of(2, 1, {.latency = 2, .overhead = 1, .gap = 0.5, .rendezvous = 8, .bytes_per_second = 128},
                         {.latency = 16, .overhead = 4, .gap = 0.25, .rendezvous = 32, .bytes_per_second = 64});
  c.eager_bytes = 100;
  for (const int bytes : {0, 1, 64, 100, 101, 640})
    for (const int to : {1, 2}) {
      const Link& l = to == 1 ? c.inside : c.between;
      const double left = l.overhead + (bytes > 100 ? l.rendezvous : 0) + l.gap + bytes / l.bytes_per_second;
      EXPECT_EQ(alone(c, to, bytes)[0], left) << bytes << " to " << to;
      EXPECT_EQ(alone(c, to, bytes)[1], left + l.latency) << bytes << " to " << to;
      EXPECT_EQ(l.alpha(bytes > 100) + bytes / l.bytes_per_second, left + l.latency);
      // A receiver that comes at 1000: a short message is there, a long one begins then.
      const double late = 1000 + (bytes > 100 ? left - l.overhead : 0);
      EXPECT_EQ(alone(c, to, bytes, 1000)[0], bytes > 100 ? late : left) << bytes;
      EXPECT_EQ(alone(c, to, bytes, 1000)[1], bytes > 100 ? late + l.latency : 1000) << bytes;
    }
}

// Four short messages: 1 s of overhead each and 5 s of latency once. What the card needs for each, 2 s, one after the other.
TEST(AMessage, CostsItsRankAndItsCard) {
  for (const double gap : {0.0, 2.0}) {
    const Link link{.latency = 5, .overhead = 1, .gap = gap, .bytes_per_second = 1e9};
    const Simulated s = simulate(cluster_of(1, 1, link, link), 2, [] {
      char x[4];
      MPI_Request requests[4];
      for (int i = 0; i < 4; ++i)
        if (rank_of(MPI_COMM_WORLD) == 0)
          MPI_CHECK(MPI_Isend(x + i, 0, MPI_CHAR, 1, 0, MPI_COMM_WORLD, requests + i));
        else
          MPI_CHECK(MPI_Irecv(x + i, 0, MPI_CHAR, 0, 0, MPI_COMM_WORLD, requests + i));
      if (rank_of(MPI_COMM_WORLD) == 0) {
        EXPECT_EQ(virtual_time(), 4);
      }
      MPI_CHECK(MPI_Waitall(4, requests, MPI_STATUSES_IGNORE));
    });
    EXPECT_NEAR(s.ranks[1].seconds, gap == 0 ? 4 * 1 + 5 : 1 + 4 * 2 + 5, 1e-9);
  }
}

// ---- Messages that meet ----

// By hand, 1 byte/s: flow A has 6 bytes from 0 on. B comes at 2 and shares A's port out: both have half. A: 4 left at 2, 2 left at 6, when B's 2
// bytes are gone; ends at 8. C shares the port in of B alone, from 4 on: B's half is not less than its half; C has a half till 6, ends at 7.
TEST(Flows, ShareTheirPortsByHand) {
  const std::vector<Flow> flows = {{0, 0, 1, 6}, {2, 0, 2, 2}, {4, 3, 2, 2}};
  EXPECT_EQ(ends_of(plain(1), 4, flows), (std::vector<double>{8, 6, 7}));
}

TEST(Flows, OfANodeShareItsCards) {
  for (const int cards : {1, 2, 4}) {
    const Cluster c = cluster_of(4, cards, {.bytes_per_second = 64}, {.bytes_per_second = 8});
    // Eight bytes from each rank of node 0 to node 1, to node 2, and from rank 0 to rank 1.
    const std::vector<double> ends = ends_of(c, 12, {{0, 0, 4, 8}, {0, 1, 9, 8}, {0, 2, 6, 8}, {0, 3, 11, 8}, {0, 0, 1, 8}});
    for (int i = 0; i < 4; ++i) EXPECT_EQ(ends[size_t(i)], 4.0 / cards) << cards;
    EXPECT_EQ(ends[4], 0.125);
  }
}

// Three messages of rank 0, two of them to the same rank, leave its port at the same moment. It waits for one, and sees that all have gone.
TEST(Flows, EndTogether) {
  for (int first = 0; first < 3; ++first)
    for (int waited = 0; waited < 3; ++waited)
      simulate(plain(64), 3, [&] {
        char data[3][64] = {};
        MPI_Request requests[3];
        const int rank = rank_of(MPI_COMM_WORLD);
        for (int i = first; i < first + 3; ++i) {
          const int to = i % 3 == 0 ? 1 : 2, tag = i % 3;
          if (rank == 0) MPI_CHECK(MPI_Isend(data[tag], 64, MPI_CHAR, to, tag, MPI_COMM_WORLD, &requests[tag]));
          if (rank == to) MPI_CHECK(MPI_Recv(data[tag], 64, MPI_CHAR, 0, tag, MPI_COMM_WORLD, MPI_STATUS_IGNORE));
        }
        if (rank != 0) return;
        MPI_CHECK(MPI_Wait(&requests[waited], MPI_STATUS_IGNORE));
        EXPECT_EQ(virtual_time(), 3);
        int done = 0;
        MPI_CHECK(MPI_Testall(3, requests, &done, MPI_STATUSES_IGNORE));
        EXPECT_TRUE(done) << "posted first: " << first << ", waited for: " << waited;
        MPI_CHECK(MPI_Waitall(3, requests, MPI_STATUSES_IGNORE));
      });
}

TEST(Flows, GoAsTheRuleSays) {
  for (uint64_t seed = 0; seed < 400; ++seed) {
    const RandomFlows r = random_flows(seed);
    const std::vector<double> found = ends_of(r.cluster, r.ranks, r.flows), right = ends_by_the_rule(r.cluster, r.flows);
    for (size_t i = 0; i < found.size(); ++i) ASSERT_NEAR(found[i], right[i], 1e-6) << "seed " << seed << ", flow " << i;
  }
}

TEST(Flows, EndAtTheSameMomentsInEveryOrder) {
  for (uint64_t seed = 0; seed < 400; ++seed) {
    const RandomFlows r = random_flows(seed);
    std::vector<int> order(r.flows.size());
    std::iota(order.begin(), order.end(), 0);
    Dice(seed + 1).shuffle(order);
    ASSERT_EQ(ends_of(r.cluster, r.ranks, r.flows, order), ends_of(r.cluster, r.ranks, r.flows)) << "seed " << seed;
  }
}

// In no time between the beginning of a flow and the end of one has a port carried more than its bandwidth; alone a flow has all of it.
TEST(Flows, DoNotExceedAPort) {
  for (uint64_t seed = 0; seed < 100; ++seed)
    for (const bool fifo : {false, true}) {
      RandomFlows r = random_flows(seed);
      r.cluster.fifo_ports = fifo;
      const std::vector<double> ends = ends_of(r.cluster, r.ranks, r.flows);
      for (size_t a = 0; a < ends.size(); ++a)
        for (size_t b = 0; b < ends.size(); ++b)
          for (const std::string& port : ports_of(r.cluster, r.flows[a])) {
            double bytes = 0;
            for (size_t i = 0; i < ends.size(); ++i) {
              const auto ports = ports_of(r.cluster, r.flows[i]);
              if (r.flows[i].begin >= r.flows[a].begin && ends[i] <= ends[b] && (ports[0] == port || ports[1] == port)) bytes += r.flows[i].bytes;
            }
            if (bytes == 0) continue;
            ASSERT_LE(bytes, link_of(r.cluster, r.flows[a]).bytes_per_second * (ends[b] - r.flows[a].begin) + 1e-6) << "seed " << seed << ", " << port;
          }
    }
}

// One port, one message after the other: the first to come is the first to go, but none waits for a port that it does not need.
TEST(Flows, StandInLineWithFifoPorts) {
  Cluster c = plain(1);
  c.fifo_ports = true;
  EXPECT_EQ(ends_of(c, 4, {{0, 0, 1, 4}, {1, 0, 2, 2}, {2, 3, 2, 1}, {3, 3, 1, 1}}), (std::vector<double>{4, 6, 3, 5}));
  EXPECT_EQ(ends_of(c, 4, {{1, 2, 1, 1}, {1, 3, 1, 1}, {0, 0, 1, 2}}), (std::vector<double>{3, 4, 2}));  // at the same moment: by rank
  EXPECT_EQ(ends_of(c, 4, {{0, 0, 1, 4}, {1, 3, 1, 1}, {2, 2, 1, 1}}), (std::vector<double>{4, 5, 6}));  // the one that has waited longest
  EXPECT_EQ(ends_of(c, 3, {{0, 0, 1, 4}, {1, 0, 2, 0}}), (std::vector<double>{4, 1}));                  // without bytes: it needs no port
}

// The example of the chapter's text.
TEST(Flows, OfTheExampleDoNotDependOnTheOrderOfCalls) {
  for (const double eager : {0.0, 1e18})
    for (int swaps = 0; swaps < 4; ++swaps) {
      const auto [from_0, from_1, large] = example(false, swaps, eager);
      EXPECT_NEAR(from_0, 2, 1e-3) << swaps;
      EXPECT_NEAR(from_1, 2, 1e-3) << swaps;
      EXPECT_NEAR(large, 11, 1e-3) << swaps;
    }
  // One after the other: the order of sends matters, that of receives does not.
  for (int swaps = 0; swaps < 4; ++swaps) {
    const auto [from_0, from_1, large] = example(true, swaps, 1e18);
    EXPECT_NEAR(from_0, swaps & 1 ? 1 : 11, 1e-3) << swaps;
    EXPECT_NEAR(from_1, swaps & 1 ? 2 : 1, 1e-3) << swaps;
    EXPECT_NEAR(large, swaps & 1 ? 11 : 10, 1e-3) << swaps;
  }
}

// ---- What the simulation itself has to do ----

// Every rank sends to all others, and neighbours' messages are of other lengths: rates change whenever one of n² messages begins or ends. Each
// message has three events, and its two ranks have less than one turn for it each: most are there before they are waited for. Its end is
// put into the queue when it begins, when it is the next of its port, and when the first of a port gets another rate: one of n on the average,
// while n begin and end at a port. It is looked at when one of 2n at its two ports begins or ends, and when the first of its port is looked for.
TEST(Work, GrowsWithTheMessages) {
  for (const int ranks : {8, 16, 32, 64}) {
    const Link link{.latency = 2, .overhead = 1, .bytes_per_second = 8};
    Cluster c = cluster_of(1, 1, link, link);
    const Simulated s = simulate(c, ranks, [&] {
      const int me = rank_of(MPI_COMM_WORLD);
      std::vector<char> memory(2048);
      std::vector<MPI_Request> requests;
      for (int step = 1; step < ranks; ++step) {
        const int from = (me - step + ranks) % ranks, to = (me + step) % ranks;
        MPI_CHECK(MPI_Irecv(memory.data() + 1024, 1024, MPI_CHAR, from, 0, MPI_COMM_WORLD, &requests.emplace_back()));
        MPI_CHECK(MPI_Isend(memory.data(), 512 + (me * 37 + step * 59) % 251, MPI_CHAR, to, 0, MPI_COMM_WORLD, &requests.emplace_back()));
      }
      MPI_CHECK(MPI_Waitall(int(requests.size()), requests.data(), MPI_STATUSES_IGNORE));
    });
    const size_t messages = s.sum().messages;
    ASSERT_EQ(messages, size_t(ranks * (ranks - 1)));
    EXPECT_GE(s.work.events, 3 * messages);
    EXPECT_LE(s.work.events, 5 * messages) << ranks;
    EXPECT_GE(s.work.queued, messages);
    EXPECT_LE(s.work.queued, 3 * messages) << ranks;
    EXPECT_LE(s.work.looked_at, 4 * size_t(ranks) * messages) << ranks;
  }
}

// One message: both of its ports are looked at when it begins, and the first one for what ends first there, once.
TEST(Work, OfOneMessage) {
  const Work work = simulate(plain(64), 2, [] {
                      char data[64] = {};
                      if (rank_of(MPI_COMM_WORLD) == 0) MPI_CHECK(MPI_Send(data, 64, MPI_CHAR, 1, 0, MPI_COMM_WORLD));
                      else MPI_CHECK(MPI_Recv(data, 64, MPI_CHAR, 0, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE));
                    }).work;
  EXPECT_EQ(work.queued, 1u);
  EXPECT_EQ(work.looked_at, 3u);
  EXPECT_EQ(work.events, 3u + 2 + 2);  // it begins, leaves, arrives; each rank begins and goes on
}

// The same for a whole step, small: what tests/13_scaling_large_long_test.cpp does with 4,096 ranks.
TEST(Work, OfAHybridGrid) {
  const std::vector<int> sizes = {784, 512, 512, 512, 512, 10};
  const Cluster staged = load_cluster("gpu_pods");
  Cluster whole = staged;
  whole.staging_bytes_per_second = whole.host_bytes_per_second = 0;
  for (const Cluster& c : {staged, whole})
    for (const GridShape& shape : {GridShape{3, 2, 2}, {5, 1, 4}, {8, 5, 1}, {12, 3, 4}}) hybrid_grid::expect_step(c, sizes, shape, 3, 24);
}

// ---- Who moves a long message on ----

// The message takes 1 s. Its sender computes from 1 to 4, its receiver from 0 to 3, and then both wait; or they ask all 0.25 s.
TEST(ALongMessage, GoesOnWhileItsRanksAreInMpi) {
  const auto end = [](bool progress_alone, bool asks) {
    Cluster c = plain(64);
    c.eager_bytes = 0;
    c.progress_alone = progress_alone;
    return simulate(c, 2, [&] {
             char data[64] = {};
             MPI_Request request;
             const int rank = rank_of(MPI_COMM_WORLD);
             if (rank == 0) {
               compute(1);
               MPI_CHECK(MPI_Isend(data, 64, MPI_CHAR, 1, 0, MPI_COMM_WORLD, &request));
             } else {
               MPI_CHECK(MPI_Irecv(data, 64, MPI_CHAR, 0, 0, MPI_COMM_WORLD, &request));
             }
             for (int i = 0, done = 0; i < 12; ++i) {
               compute(0.25);
               if (asks && !done) MPI_CHECK(MPI_Test(&request, &done, MPI_STATUS_IGNORE));
             }
             MPI_CHECK(MPI_Wait(&request, MPI_STATUS_IGNORE));
           })
        .seconds;
  };
  EXPECT_EQ(end(false, false), 4 + 1);
  EXPECT_EQ(end(true, false), 4);
  EXPECT_NEAR(end(false, true), 4, 1e-5);  // a question costs 1e-7 s
}

// Each of the two must have been there: first the receiver, then the sender.
TEST(ALongMessage, BeginsWhenTheSecondOfTheTwoIsInMpi) {
  for (const auto& [sender, receiver, begins] : {std::array{2.0, 5.0, 5.0}, {5.0, 2.0, 5.0}, {3.0, 3.0, 3.0}, {0.0, 7.0, 7.0}}) {
    Cluster c = plain(64);
    c.eager_bytes = 0;
    const Simulated s = simulate(c, 2, [&, sender = sender, receiver = receiver] {
      char data[64] = {};
      MPI_Request request;
      const bool sends = rank_of(MPI_COMM_WORLD) == 0;
      if (!sends) MPI_CHECK(MPI_Irecv(data, 64, MPI_CHAR, 0, 0, MPI_COMM_WORLD, &request));
      compute(0.5);
      if (sends) MPI_CHECK(MPI_Isend(data, 64, MPI_CHAR, 1, 0, MPI_COMM_WORLD, &request));
      compute(sends ? sender : receiver);
      MPI_CHECK(MPI_Wait(&request, MPI_STATUS_IGNORE));
    });
    EXPECT_EQ(s.seconds, 0.5 + begins + 1);
  }
}

// The receiver asks at 1, when there is a message, and computes from then on until 10. So its sender can begin when it is there again, at 3.
TEST(ALongMessage, NeedsItsReceiverOnce) {
  Cluster c = plain(64);
  c.eager_bytes = 0;
  const Simulated s = simulate(c, 2, [] {
    char data[64] = {};
    MPI_Request request;
    int done = 0;
    if (rank_of(MPI_COMM_WORLD) == 0) {
      compute(0.5);
      MPI_CHECK(MPI_Isend(data, 64, MPI_CHAR, 1, 0, MPI_COMM_WORLD, &request));
      compute(2.5);
    } else {
      MPI_CHECK(MPI_Irecv(data, 64, MPI_CHAR, 0, 0, MPI_COMM_WORLD, &request));
      compute(1);
      MPI_CHECK(MPI_Test(&request, &done, MPI_STATUS_IGNORE));
      compute(9);
    }
    MPI_CHECK(MPI_Wait(&request, MPI_STATUS_IGNORE));
  });
  EXPECT_EQ(s.ranks[0].seconds, 3 + 1);
  EXPECT_NEAR(s.ranks[1].seconds, 10, 1e-6);  // a question costs 1e-7 s
}

// One of the two waits already. The other one sends, or asks for it, at 2, and computes from then on until 9.
TEST(ALongMessage, BeginsInTheCallThatNamesIt) {
  Cluster c = plain(64);
  c.eager_bytes = 0;
  for (const int late : {0, 1}) {
    const Simulated s = simulate(c, 2, [&] {
      char data[64] = {};
      MPI_Request request;
      const int rank = rank_of(MPI_COMM_WORLD);
      if (rank == late) compute(2);
      if (rank == 0) MPI_CHECK(MPI_Isend(data, 64, MPI_CHAR, 1, 0, MPI_COMM_WORLD, &request));
      if (rank == 1) MPI_CHECK(MPI_Irecv(data, 64, MPI_CHAR, 0, 0, MPI_COMM_WORLD, &request));
      if (rank == late) compute(7);
      MPI_CHECK(MPI_Wait(&request, MPI_STATUS_IGNORE));
    });
    EXPECT_EQ(s.ranks[size_t(1 - late)].seconds, 2 + 1) << late;
    EXPECT_EQ(s.ranks[size_t(late)].seconds, 9) << late;
  }
}

// Messages of 1 s, and rank 0's second one of 2 s; a long one is asked for a quarter of a second and answered another one; the sender's overhead is an eighth. Ranks 0 and 2 are
// there at once, rank 1 comes at 3, when they have asked. What it says to rank 0 first, its question or its answer, rank 0 hears first.
double with_a_late_rank(bool one_connection, const std::string& says, int sends_to = 0, double overhead = 0.125) {
  Cluster c = plain(64);
  c.between.rendezvous = 0.5;
  c.between.overhead = overhead;
  c.eager_bytes = 0;
  c.one_connection = one_connection;
  return simulate(c, 3, [&] {
           char out[128] = {}, in[2][128] = {};
           std::vector<MPI_Request> requests;
           const auto send = [&](int to, int n = 64) { MPI_CHECK(MPI_Isend(out, n, MPI_CHAR, to, 0, MPI_COMM_WORLD, &requests.emplace_back())); };
           const auto receive = [&](int from, int i = 0) { MPI_CHECK(MPI_Irecv(in[i], 128, MPI_CHAR, from, 0, MPI_COMM_WORLD, &requests.emplace_back())); };
           const int rank = rank_of(MPI_COMM_WORLD), answers = int(std::ranges::count(says, 'a'));
           if (rank == 1) {
             compute(3);
             for (int i = 0; const char what : says) what == 'a' ? receive(0, i++) : send(sends_to);
           }
           if (rank == sends_to) receive(1);
           for (int i = 0; rank == 0 && i < answers; ++i) send(1, 64 * (i + 1));
           MPI_CHECK(MPI_Waitall(int(requests.size()), requests.data(), MPI_STATUSES_IGNORE));
         })
      .seconds;
}

TEST(OneConnection, LetsAnAnswerWaitBehindALongMessage) {
  // The question at 3.125, heard at 3.375 and answered, so the message begins at 3.625; rank 0's began at 3.375.
  EXPECT_EQ(with_a_late_rank(true, "qa"), 3.625 + 1);
  // Rank 0 hears that it may send at 3.25, before it is asked. It is through at 4.25, and only then its answer leaves.
  EXPECT_EQ(with_a_late_rank(true, "aq"), 4.25 + 0.25 + 1);
  EXPECT_EQ(with_a_late_rank(false, "aq"), 3.625 + 1);
  // What is said at one moment is heard in the order in which it is said.
  EXPECT_EQ(with_a_late_rank(true, "qa", 0, 0), 3.5 + 1);
  EXPECT_EQ(with_a_late_rank(true, "aq", 0, 0), 4.25 + 0.25 + 1);
  // Two messages share the card until 5.25, the second one has it alone until 6.25.
  EXPECT_EQ(with_a_late_rank(true, "aaq"), 6.25 + 0.25 + 1);
  // To somebody else there is another connection.
  EXPECT_EQ(with_a_late_rank(true, "aq", 2), 3.625 + 1);
}

// ---- Whole programs ----

TEST(RandomPrograms, TakeTheSameTimeInEveryOrder) { EXPECT_EQ(random_programs::first_that_differs(0, 300), -1); }
