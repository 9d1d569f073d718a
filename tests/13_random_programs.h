// Random programs of messages for chapter 13's engine, and everything about them permuted that must not matter: the numbers of ranks,
// the order in which receives are posted, in which sends are (where a send costs its rank no time), and in which all are waited for.
#pragma once

#include <mpi.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <vector>

#include "chapters/13_scaling/simulation.h"
#include "common/mpi/session.h"

namespace random_programs {

class Dice {
 public:
  explicit Dice(uint64_t seed) : bits_(seed) {}
  int below(int n) { return int(bits_() % uint64_t(n)); }
  double between_0_and_1() { return double(bits_() >> 11) * 0x1p-53; }
  template <class T>
  void shuffle(std::vector<T>& all) {
    for (size_t i = all.size(); i > 1; --i) std::swap(all[i - 1], all[size_t(below(int(i)))]);
  }

 private:
  std::mt19937_64 bits_;
};

// What a rank does in a phase: it computes, posts all of these, computes again, and waits for all.
struct Phase {
  double seconds = 0, meanwhile = 0;
  struct Post {
    bool receives;
    int other, bytes, tag;
  };
  std::vector<Post> posts;
};

struct Program {
  Cluster cluster;
  std::vector<std::vector<Phase>> ranks;
};

inline Program make(uint64_t seed) {
  Dice dice(seed);
  const bool round = dice.below(2) == 0;  // round numbers: many things happen at the same moment
  const auto some = [&](double most) { return round ? most * dice.below(4) / 4 : most * dice.between_0_and_1(); };
  Program p;
  Cluster& c = p.cluster;
  c.ranks_per_node = 1 + dice.below(3);
  c.cards_per_node = dice.below(2) ? 1 : c.ranks_per_node;
  for (Link* link : {&c.inside, &c.between})
    *link = {.latency = 0.25 + some(1), .overhead = dice.below(2) ? 0 : some(0.5), .gap = dice.below(2) ? 0 : some(0.5),
             .rendezvous = some(1), .bytes_per_second = round ? 64 : 50 + some(50)};
  if (c.inside.overhead == 0 || c.between.overhead == 0) c.inside.overhead = c.between.overhead = 0;
  c.eager_bytes = 100 * dice.below(3);
  c.progress_alone = dice.below(2);
  c.fifo_ports = dice.below(5) == 0;
  const int ranks = c.ranks_per_node * (1 + dice.below(3)), phases = 1 + dice.below(3);
  p.ranks.assign(size_t(ranks), std::vector<Phase>(size_t(phases)));
  int tag = 0;
  for (int phase = 0; phase < phases; ++phase) {
    const auto of = [&](int rank) -> Phase& { return p.ranks[size_t(rank)][size_t(phase)]; };
    for (int r = 0; r < ranks; ++r) of(r).seconds = some(4), of(r).meanwhile = dice.below(2) ? 0 : some(2);
    for (int message = ranks == 1 ? 0 : dice.below(4 * ranks); message > 0; --message) {
      const int from = dice.below(ranks), to = (from + 1 + dice.below(ranks - 1)) % ranks, bytes = round ? 64 * dice.below(5) : dice.below(300);
      of(from).posts.push_back({false, to, bytes, tag});
      of(to).posts.push_back({true, from, bytes, tag++});
    }
  }
  return p;
}

// Which rank of the world each rank of the program is: nodes change places, and where each rank is like the others of its node, they do, too.
inline std::vector<int> other_places(const Program& p, Dice& dice) {
  const int each = p.cluster.ranks_per_node, nodes = int(p.ranks.size()) / each;
  std::vector<int> node(size_t(nodes), 0), place;
  std::iota(node.begin(), node.end(), 0);
  dice.shuffle(node);
  for (int n : node) {
    std::vector<int> of_node(size_t(each), n * each);
    for (int i = 0; i < each; ++i) of_node[size_t(i)] += i;
    dice.shuffle(of_node);
    place.insert(place.end(), of_node.begin(), of_node.end());
  }
  return place;
}

// The clock of each rank of the program after each phase. dice: permutes what must not matter; none: nothing.
inline std::vector<std::vector<double>> clocks(const Program& program, Dice* dice) {
  const int ranks = int(program.ranks.size());
  std::vector<int> place(size_t(ranks), 0), who(size_t(ranks), 0);
  std::iota(place.begin(), place.end(), 0);
  const bool fifo = program.cluster.fifo_ports;  // there the order of sends matters
  if (dice && !fifo) place = other_places(program, *dice);
  for (int r = 0; r < ranks; ++r) who[size_t(place[size_t(r)])] = r;
  std::vector<std::vector<double>> result(static_cast<size_t>(ranks));
  simulate(program.cluster, ranks, [&] {
    const int me = who[size_t(rank_of(MPI_COMM_WORLD))];
    std::vector<std::vector<char>> memory;
    for (const Phase& phase : program.ranks[size_t(me)]) {
      compute(phase.seconds);
      std::vector<Phase::Post> posts = phase.posts;
      if (dice) dice->shuffle(posts);
      if (fifo || program.cluster.inside.overhead > 0) {  // sends in their own order, behind the receives
        const auto sends = std::stable_partition(posts.begin(), posts.end(), [](const Phase::Post& post) { return post.receives; });
        std::sort(sends, posts.end(), [](const auto& a, const auto& b) { return a.tag < b.tag; });
      }
      std::vector<MPI_Request> requests;
      for (const Phase::Post& post : posts) {
        char* data = memory.emplace_back(size_t(post.bytes) + 1).data();
        const int other = place[size_t(post.other)];
        if (post.receives)
          MPI_CHECK(MPI_Irecv(data, post.bytes, MPI_CHAR, other, post.tag, MPI_COMM_WORLD, &requests.emplace_back()));
        else
          MPI_CHECK(MPI_Isend(data, post.bytes, MPI_CHAR, other, post.tag, MPI_COMM_WORLD, &requests.emplace_back()));
      }
      compute(phase.meanwhile);
      if (dice) dice->shuffle(requests);
      if (dice && dice->below(2))
        for (MPI_Request& request : requests) MPI_CHECK(MPI_Wait(&request, MPI_STATUS_IGNORE));
      else
        MPI_CHECK(MPI_Waitall(int(requests.size()), requests.data(), MPI_STATUSES_IGNORE));
      result[size_t(me)].push_back(virtual_time());
    }
  });
  return result;
}

// The first seed from `first` on, of `count`, whose program has other clocks when it is permuted; -1 if none has.
inline int64_t first_that_differs(uint64_t first, uint64_t count) {
  for (uint64_t seed = first; seed < first + count; ++seed) {
    const Program p = make(seed);
    Dice dice(~seed);
    const auto as_it_is = clocks(p, nullptr);
    for (int times = 0; times < 3; ++times)
      if (clocks(p, &dice) != as_it_is) return int64_t(seed);
  }
  return -1;
}

}  // namespace random_programs
