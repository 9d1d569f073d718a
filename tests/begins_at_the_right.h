// Whether each rank sends first to its right neighbour and last to its left one: so no rank is everybody's first target.
#pragma once

#include <vector>

#include "chapters/05_collectives/messages.h"

// work sends to all others, one message each, once or several times.
template <class Work>
bool begins_at_the_right(int rank, int ranks, Work work) {
  std::vector<Call> calls;
  log_calls(&calls);
  work();
  log_calls(nullptr);
  int sends = 0;
  for (const Call& call : calls)
    if (call.to >= 0 && call.to != (rank + 1 + sends++ % (ranks - 1)) % ranks) return false;
  return ranks == 1 ? sends == 0 : sends > 0 && sends % (ranks - 1) == 0;
}
