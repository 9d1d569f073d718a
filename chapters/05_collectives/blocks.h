// How n elements are dealt to ranks: contiguous blocks in rank order, whose sizes differ by one at most.
//
// Every collective that cuts a vector (scatter, gather, allgather, reduce-scatter, ring) uses this one rule, so the
// block that a reduce-scatter leaves on a rank is the block that an allgather expects from it. n may be smaller than
// the number of ranks; some blocks are then empty.
#pragma once

#include <cstddef>

#include "common/split.h"

struct Blocks {
  size_t n;
  int ranks;

  // First element of `rank`'s block; begin(ranks) is n.
  size_t begin(int rank) const { return rank == ranks ? n : share(n, ranks, rank).first; }
  size_t end(int rank) const { return begin(rank + 1); }
  size_t size(int rank) const { return end(rank) - begin(rank); }
  size_t longest() const { return (n + ranks - 1) / ranks; }

  // Elements in the `count` blocks first, first + 1, ... (mod ranks), for 0 <= first < ranks, 0 <= count <= ranks.
  size_t size_from(int first, int count) const {
    const int last = first + count;
    if (last <= ranks) return begin(last) - begin(first);
    return n - begin(first) + begin(last - ranks);
  }
};
