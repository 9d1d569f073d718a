#include "chapters/05_collectives/live_ways.h"

#ifdef __wasm__

#include <algorithm>

#include "chapters/05_collectives/blocks.h"
#include "chapters/05_collectives/collectives.h"
#include "common/error.h"
#include "common/mpi/session.h"

namespace {

struct Way {
  const char* name;
  void (*run)(float* all, float* mine, size_t n, MPI_Comm comm);  // mine: the rank's own block, a part of all (n)
};
constexpr Way ways[] = {
    {"allreduce: ring", [](float* all, float*, size_t n, MPI_Comm comm) { allreduce_ring(all, all, n, comm); }},
    {"allreduce: recursive-doubling", [](float* all, float*, size_t n, MPI_Comm comm) { allreduce_recursive_doubling(all, all, n, comm); }},
    {"allreduce: rabenseifner", [](float* all, float*, size_t n, MPI_Comm comm) { allreduce_rabenseifner(all, all, n, comm); }},
    {"allreduce: rank-order", [](float* all, float*, size_t n, MPI_Comm comm) { allreduce_rank_order(all, all, n, comm); }},
    {"allreduce: reduce-broadcast", [](float* all, float*, size_t n, MPI_Comm comm) { allreduce_reduce_broadcast(all, all, n, comm); }},
    {"reduce-scatter: ring", [](float* all, float* mine, size_t n, MPI_Comm comm) { reduce_scatter_ring(mine, all, n, comm); }},
    {"allgather: ring", [](float* all, float* mine, size_t n, MPI_Comm comm) { allgather_ring(all, mine, n, comm); }},
    {"allgather: bruck", [](float* all, float* mine, size_t n, MPI_Comm comm) { allgather_bruck(all, mine, n, comm); }},
    {"broadcast: tree", [](float* all, float*, size_t n, MPI_Comm comm) { broadcast_tree(all, n, 0, comm); }},
};

std::vector<float> beginning_of(int rank, const std::string& way, const Blocks& blocks) {
  const bool gathers = way.starts_with("allgather"), spreads = way.starts_with("broadcast");
  const size_t first = gathers ? blocks.begin(rank) : 0, last = gathers ? blocks.end(rank) : spreads && rank > 0 ? 0 : blocks.n;
  std::vector<float> x(blocks.n, 0.0f);
  std::fill(x.begin() + long(first), x.begin() + long(last), float(1 << rank));
  return x;
}

}  // namespace

std::vector<live::RankRun> live::run_way(const std::string& name, int ranks, size_t n) {
  const auto* way = std::find_if(std::begin(ways), std::end(ways), [&](const Way& w) { return w.name == name; });
  if (way == std::end(ways)) throw Error("there is no " + name);
  const Blocks blocks{n, ranks};
  std::vector<std::vector<float>> first;
  for (int rank = 0; rank < ranks; ++rank) first.push_back(beginning_of(rank, name, blocks));
  return run_ranks(first, [&](std::vector<float>& x) {
    way->run(x.data(), x.data() + blocks.begin(rank_of(MPI_COMM_WORLD)), n, MPI_COMM_WORLD);
  });
}

live::Totals live::totals_of(const std::vector<RankRun>& runs) {
  Totals most;
  for (const RankRun& run : runs) {
    size_t floats = 0;
    for (const Message& message : run.sent) floats += message.floats.size();
    most.steps = std::max(most.steps, run.before.size() - 1);
    most.messages = std::max(most.messages, run.sent.size());
    most.floats = std::max(most.floats, floats);
  }
  return most;
}

#endif
