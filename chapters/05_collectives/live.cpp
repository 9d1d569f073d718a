// The book's live figure of this chapter: a collective step by step, and what an allreduce costs by formula.
// sources: live_mpi allgather allreduce broadcast cost messages power_of_two reduce reduce_scatter scatter_gather scratch
#include <cmath>

#include "chapters/05_collectives/blocks.h"
#include "chapters/05_collectives/collectives.h"
#include "chapters/05_collectives/cost.h"
#include "chapters/05_collectives/live_mpi.h"
#include "common/error.h"
#include "common/live/live.h"
#include "common/mpi/session.h"

namespace {

// x (n), in place. Broadcast from rank 0.
void run(const std::string& way, std::vector<float>& x, MPI_Comm comm) {
  float *all = x.data(), *mine = all + Blocks{x.size(), ranks_of(comm)}.begin(rank_of(comm));
  const size_t n = x.size();
  if (way == "allreduce: ring") return allreduce_ring(all, all, n, comm);
  if (way == "allreduce: recursive-doubling") return allreduce_recursive_doubling(all, all, n, comm);
  if (way == "allreduce: rabenseifner") return allreduce_rabenseifner(all, all, n, comm);
  if (way == "allreduce: rank-order") return allreduce_rank_order(all, all, n, comm);
  if (way == "allreduce: reduce-broadcast") return allreduce_reduce_broadcast(all, all, n, comm);
  if (way == "reduce-scatter: ring") return reduce_scatter_ring(mine, all, n, comm);
  if (way == "allgather: ring") return allgather_ring(all, mine, n, comm);
  if (way == "allgather: bruck") return allgather_bruck(all, mine, n, comm);
  if (way == "broadcast: tree") return broadcast_tree(all, n, 0, comm);
  throw Error("there is no " + way);
}

// Rank r begins with 2^r in all places, where it has anything: so a sum tells whose numbers are in it.
std::vector<std::vector<float>> beginnings(const std::string& way, int ranks, size_t n) {
  std::vector<std::vector<float>> first;
  const bool gathers = way.starts_with("allgather"), spreads = way.starts_with("broadcast");
  for (int rank = 0; rank < ranks; ++rank) {
    auto& x = first.emplace_back(n, 0.0f);
    const Blocks blocks{n, ranks};
    if (spreads && rank > 0) continue;
    for (size_t i = gathers ? blocks.begin(rank) : 0; i < (gathers ? blocks.end(rank) : n); ++i) x[i] = float(1 << rank);
  }
  return first;
}

live::Json figure(const live::Settings& s) {
  const int ranks = s.integer("ranks");
  const std::string& way = s.at("way");
  const auto runs = live::run_ranks(beginnings(way, ranks, size_t(s.integer("floats"))), [&](auto& x) { run(way, x, MPI_COMM_WORLD); });
  size_t steps = 0, most_messages = 0, most_floats = 0;
  for (const live::RankRun& run : runs) {
    size_t floats = 0;
    for (const live::Message& message : run.sent) floats += message.floats.size();
    steps = std::max(steps, run.before.size() - 1);
    most_messages = std::max(most_messages, run.sent.size());
    most_floats = std::max(most_floats, floats);
  }
  const size_t step = std::min(size_t(s.integer("step")), steps);
  std::vector<std::vector<float>> have;  // by rank and block, before this step: the sum of the 2^r
  std::vector<live::Json> messages;
  for (size_t from = 0; from < runs.size(); ++from) {
    have.push_back(runs[from].before[std::min(step, runs[from].before.size() - 1)]);
    for (const auto& [to, when, floats] : runs[from].sent) {
      std::vector<float> sums;  // that are in it
      for (float x : floats)
        if (std::find(sums.begin(), sums.end(), x) == sums.end()) sums.push_back(x);
      if (size_t(when) == step) messages.push_back({{"from", from}, {"to", to}, {"floats", floats.size()}, {"sums", sums}});
    }
  }

  const double alpha = s.number("alpha") * 1e-6, beta = s.number("beta") * 1e-9, gamma = s.number("gamma") * 1e-9;
  const Machine machine{{{1e9, alpha, beta}}, {{1e9, alpha, beta + gamma}}, {{1e9, alpha, beta + gamma}}};
  std::vector<double> lengths;
  for (int i = 0; i <= 32; ++i) lengths.push_back(std::pow(10, 3 + i / 8.0));
  std::vector<live::Json> curves;
  for (const std::string name : {"recursive-doubling", "rabenseifner", "ring", "reduce-broadcast"}) {
    std::vector<double> seconds;
    for (double bytes : lengths) seconds.push_back(predicted_seconds(name, bytes, ranks, machine));
    const double from = overtakes(name, ranks, machine);
    curves.push_back({{"name", name}, {"seconds", seconds}, {"from", from}, {"then", predicted_seconds(name, from, ranks, machine)}});
  }
  return {{"steps", steps}, {"step", step}, {"have", have}, {"messages", messages}, {"most_messages", most_messages},
          {"most_floats", most_floats}, {"lengths", lengths}, {"curves", curves}};
}

const live::Figure here(figure);

}  // namespace
