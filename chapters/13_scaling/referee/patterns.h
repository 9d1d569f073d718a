// What the ranks of some hosts send each other: one round of it, with whatever MPI the program is linked with. hosts.cpp foresees it on
// simulated ranks, measure.cpp measures it between hosts.
#pragma once

#include <mpi.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "chapters/05_collectives/table.h"
#include "common/error.h"
#include "common/mpi/session.h"

// A line of cases.csv.
struct HostCase {
  int hosts = 0, on_a_host = 0;  // ranks on each, one host after the other
  std::string pattern;
  double megabytes = 0;               // of a message, or of an operand
  double late = 0, computes = 0, asks = 0;  // ms: rank r begins r · late later; then computes, and asks MPI after so much of it (0: never)
  double foreseen = 0;                // ms
  int ranks() const { return hosts * on_a_host; }
};

inline std::vector<HostCase> read_cases(const std::string& file) {
  std::ifstream in(file);
  std::vector<HostCase> all;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("#") || line.starts_with("hosts")) continue;
    std::ranges::replace(line, ',', ' ');
    HostCase c;
    if (!(std::istringstream(line) >> c.hosts >> c.on_a_host >> c.pattern >> c.megabytes >> c.late >> c.computes >> c.asks >> c.foreseen))
      throw Error(file + ": not a case: " + line);
    all.push_back(c);
  }
  if (all.empty()) throw Error(file + ": no cases");
  return all;
}

struct Transfer {
  int from, to;
  size_t floats;
};

// The messages of a pattern, n floats each. Empty: it is the name of an allreduce.
inline std::vector<Transfer> transfers_of(const std::string& pattern, int ranks, size_t n) {
  std::vector<Transfer> all;
  const int half = ranks / 2;
  for (int r = 0; r < ranks; ++r) {
    if (pattern == "half" && r < half) all.push_back({r, r + half, n});         // the first half to the second
    if (pattern == "both") all.push_back({r, (r + half) % ranks, n});           // and back
    if (pattern == "into-0" && r > 0) all.push_back({r, 0, n});
    if (pattern == "shift") all.push_back({r, (r + 1) % ranks, n});
    for (int to = 0; pattern == "all" && to < ranks; ++to)
      if (to != r) all.push_back({r, to, n});
  }
  if (pattern == "uneven") all = {{0, 1, 4 * n}, {0, 2, n}, {1, 2, n}};  // the example of the chapter's text
  return all;
}

// Seconds from a barrier until the last rank has done its part. now: this rank's clock; compute(seconds): it is busy, outside of MPI.
inline double seconds_of_round(const HostCase& c, const std::function<double()>& now, const std::function<void(double)>& compute) {
  const int ranks = ranks_of(MPI_COMM_WORLD), rank = rank_of(MPI_COMM_WORLD);
  const size_t n = size_t(250'000 * c.megabytes);
  std::vector<Transfer> mine;
  const std::vector<Transfer> all = transfers_of(c.pattern, ranks, n);
  for (const Transfer& t : all)
    if (t.from == rank || t.to == rank) mine.push_back(t);
  std::vector<std::vector<float>> memory;
  for (const Transfer& t : mine) memory.emplace_back(t.floats, float(rank));
  std::vector<float> sum(all.empty() ? n : 0, 1.0f);
  std::vector<MPI_Request> requests(mine.size());

  MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
  const double begin = now();
  compute(1e-3 * c.late * rank);
  if (all.empty()) find_allreduce(c.pattern).function(sum.data(), sum.data(), n, MPI_COMM_WORLD);
  for (size_t i = 0; i < mine.size(); ++i)
    if (mine[i].from == rank)
      MPI_CHECK(MPI_Isend(memory[i].data(), int(mine[i].floats), MPI_FLOAT, mine[i].to, 0, MPI_COMM_WORLD, &requests[i]));
  for (size_t i = 0; i < mine.size(); ++i)
    if (mine[i].to == rank)
      MPI_CHECK(MPI_Irecv(memory[i].data(), int(mine[i].floats), MPI_FLOAT, mine[i].from, 0, MPI_COMM_WORLD, &requests[i]));
  int done = 0;
  for (double left = c.computes; left > 0; left -= c.asks) {
    if (c.asks == 0) compute(1e-3 * left), left = 0;
    else compute(1e-3 * std::min(left, c.asks));
    if (c.asks > 0 && !done) MPI_CHECK(MPI_Testall(int(requests.size()), requests.data(), &done, MPI_STATUSES_IGNORE));
  }
  MPI_CHECK(MPI_Waitall(int(requests.size()), requests.data(), MPI_STATUSES_IGNORE));
  const double took = now() - begin;
  double longest = 0;
  MPI_CHECK(MPI_Allreduce(&took, &longest, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD));
  return longest;
}
