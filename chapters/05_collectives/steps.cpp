// Shows what every rank sends and receives in a collective, call by call.
//
//   make 05-steps RANKS=4                                                a ring allreduce
//   make 05-steps RANKS=8 ARGS="--collective broadcast --way tree"       other collectives, other ways
//   make 05-steps RANKS=8 ARGS="--collective allreduce --way all"        what each way costs, counted
#include <cstdio>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include "chapters/05_collectives/blocks.h"
#include "chapters/05_collectives/messages.h"
#include "chapters/05_collectives/shared_window.h"
#include "chapters/05_collectives/table.h"
#include "common/error.h"
#include "common/mpi/session.h"
#include "common/options.h"

namespace {

// A way of doing a collective, ready to be called on n floats of this rank's.
struct Way {
  std::string collective, name;
  std::function<void(std::vector<float>& data, MPI_Comm comm)> run;
};

constexpr int root = 0;

float* own_block(std::vector<float>& data, MPI_Comm comm) {
  return data.data() + Blocks{data.size(), ranks_of(comm)}.begin(rank_of(comm));
}

template <class Function, class Run>
void add_ways(std::vector<Way>& ways, const char* collective, std::span<const Named<Function>> table,
              Run run) {
  for (const auto& way : table) {
    if (way.needs_window || std::string(way.name) == "mpi") continue;  // their traffic is not ours to see
    ways.push_back({collective, way.name,
                    [=, f = way.function](std::vector<float>& data, MPI_Comm comm) { run(f, data, comm); }});
  }
}

using Data = std::vector<float>;

// Every way there is, with all vectors in place.
std::vector<Way> all_ways() {
  std::vector<Way> ways;
  add_ways(ways, "broadcast", broadcasts(),
           [](auto f, Data& x, MPI_Comm comm) { f(x.data(), x.size(), root, comm); });
  add_ways(ways, "reduce", reduces(),
           [](auto f, Data& x, MPI_Comm comm) { f(x.data(), x.data(), x.size(), root, comm); });
  add_ways(ways, "scatter", scatters(),
           [](auto f, Data& x, MPI_Comm comm) { f(own_block(x, comm), x.data(), x.size(), root, comm); });
  add_ways(ways, "gather", gathers(),
           [](auto f, Data& x, MPI_Comm comm) { f(x.data(), own_block(x, comm), x.size(), root, comm); });
  add_ways(ways, "allgather", allgathers(),
           [](auto f, Data& x, MPI_Comm comm) { f(x.data(), own_block(x, comm), x.size(), comm); });
  add_ways(ways, "reduce-scatter", reduce_scatters(),
           [](auto f, Data& x, MPI_Comm comm) { f(own_block(x, comm), x.data(), x.size(), comm); });
  add_ways(ways, "allreduce", allreduces(),
           [](auto f, Data& x, MPI_Comm comm) { f(x.data(), x.data(), x.size(), comm); });
  return ways;
}

// What one rank did, as numbers, so that rank 0 can collect it.
std::vector<long long> calls_of_this_rank(const Way& way, size_t n, MPI_Comm comm) {
  Data data(n, 1.0f);
  way.run(data, comm);  // the first call may look around (two-level does); it is not shown
  std::vector<Call> log;
  log_calls(&log);
  way.run(data, comm);
  log_calls(nullptr);
  std::vector<long long> numbers;
  for (const Call& call : log) {
    const bool sends = call.to >= 0 && call.sent > 0, receives = call.from >= 0 && call.received > 0;
    if (!sends && !receives) continue;  // an empty block is no message
    numbers.insert(numbers.end(), {sends ? call.to : -1, static_cast<long long>(call.sent),
                                   receives ? call.from : -1, static_cast<long long>(call.received)});
  }
  return numbers;
}

// calls[rank], on rank 0; empty elsewhere.
std::vector<std::vector<Call>> collect(const std::vector<long long>& mine, MPI_Comm comm) {
  std::vector<std::vector<Call>> calls;
  for (int rank = 0; rank < ranks_of(comm); ++rank) {
    std::vector<long long> numbers = mine;
    int length = int(mine.size());
    if (rank > 0 && rank_of(comm) == rank) {
      MPI_CHECK(MPI_Send(&length, 1, MPI_INT, 0, 0, comm));
      MPI_CHECK(MPI_Send(mine.data(), length, MPI_LONG_LONG, 0, 0, comm));
    }
    if (rank_of(comm) != 0) continue;
    if (rank > 0) {
      MPI_CHECK(MPI_Recv(&length, 1, MPI_INT, rank, 0, comm, MPI_STATUS_IGNORE));
      numbers.resize(length);
      MPI_CHECK(MPI_Recv(numbers.data(), length, MPI_LONG_LONG, rank, 0, comm, MPI_STATUS_IGNORE));
    }
    auto& of_rank = calls.emplace_back();
    for (int i = 0; i < length; i += 4)
      of_rank.push_back({int(numbers[i]), size_t(numbers[i + 1]),
                         int(numbers[i + 2]), size_t(numbers[i + 3])});
  }
  return calls;
}

std::string text(const Call& call) {
  std::string out;
  if (call.to >= 0) out += std::to_string(call.sent) + " to " + std::to_string(call.to);
  if (call.to >= 0 && call.from >= 0) out += ", ";
  if (call.from >= 0) out += std::to_string(call.received) + " from " + std::to_string(call.from);
  return out;
}

void print_calls(const std::vector<std::vector<Call>>& calls) {
  size_t most = 0;
  std::printf("\n%6s", "call");
  for (size_t rank = 0; rank < calls.size(); ++rank) {
    most = std::max(most, calls[rank].size());
    std::printf("  %-22s", ("rank " + std::to_string(rank)).c_str());
  }
  for (size_t i = 0; i < most; ++i) {
    std::printf("\n%6zu", i + 1);
    for (const auto& of_rank : calls)
      std::printf("  %-22s", i < of_rank.size() ? text(of_rank[i]).c_str() : "");
  }
  std::printf("\n");
}

// The most messages and floats that one rank sends.
Traffic busiest(const std::vector<std::vector<Call>>& calls) {
  Traffic most;
  for (const auto& of_rank : calls) {
    Traffic sum;
    for (const Call& call : of_rank)
      if (call.to >= 0) ++sum.messages, sum.floats += call.sent;
    most.messages = std::max(most.messages, sum.messages);
    most.floats = std::max(most.floats, sum.floats);
  }
  return most;
}

// The floats that the lower half of the ranks sends to the upper half.
size_t across_the_middle(const std::vector<std::vector<Call>>& calls) {
  const int middle = int(calls.size()) / 2;
  size_t floats = 0;
  for (int from = 0; from < middle; ++from)
    for (const Call& call : calls[from])
      if (call.to >= middle) floats += call.sent;
  return floats;
}

int steps(MpiSession& mpi, int argc, char** argv) {
  std::string collective = "allreduce", name = "ring";
  int64_t n = 8400;
  Options options("Shows what every rank sends and receives in a collective.");
  options.add("collective", &collective, "what to do",
              {"broadcast", "reduce", "scatter", "gather", "allgather", "reduce-scatter", "allreduce"});
  options.add("way", &name, "how to do it: a name, or 'all' for a summary of all ways");
  options.add("floats", &n, "length of the vector", Bounds{0, 1e8});
  if (!options.parse(argc, argv, mpi.rank() != 0)) return 0;

  bool found = false;
  std::string names;
  for (const Way& way : all_ways()) {
    if (way.collective != collective) continue;
    names += " " + way.name;
    if (name != "all" && name != way.name) continue;
    found = true;
    const auto calls = collect(calls_of_this_rank(way, n, MPI_COMM_WORLD), MPI_COMM_WORLD);
    if (mpi.rank() != 0) continue;
    const Traffic most = busiest(calls);
    std::printf("%s, %-19s %lld floats, %d ranks; busiest: %2zu messages, %5zu floats; across the middle: %zu\n",
                collective.c_str(), (way.name + ":").c_str(), static_cast<long long>(n), mpi.size(),
                most.messages, most.floats, across_the_middle(calls));
    if (name != "all") print_calls(calls);
  }
  if (!found) throw Error("--way: there is no " + collective + " called '" + name + "', only" + names);
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return run_with_mpi(argc, argv, steps); }
