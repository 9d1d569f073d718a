// The collectives of the live figure, by name, each run by all ranks in one process (live_mpi.h), on numbers that tell whose they are.
#pragma once

#include <string>
#include <vector>

#include "chapters/05_collectives/live_mpi.h"

namespace live {

// way: "allreduce: ring" and the like; of n floats. Rank r begins with 2^r in all places, where it has anything: so a sum tells whose numbers
// are in it. In an allgather rank r has block r alone, in a broadcast rank 0 has all and the others nothing.  Throws Error: there is no such way.
std::vector<RankRun> run_way(const std::string& way, int ranks, size_t n);

// Of a run: how many steps it took, and the most that one rank has sent, in messages and, another one perhaps, in floats.
struct Totals {
  size_t steps = 0, messages = 0, floats = 0;
};
Totals totals_of(const std::vector<RankRun>& runs);

}  // namespace live
