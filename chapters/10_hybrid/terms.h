// Which gradients are added to the gradient of a step, and in which order: ((a + b) + c) + ...
//
//   usually        one term of each data rank: the sum of its micro-batches, added up while they were computed
//   reproducible   one term of each micro-batch of the whole batch, in their order: then the bits do not depend on how many
//                  data ranks there are. Costs memory for each of them, and as many messages.
//
// Ranks and micro-batches without rows have no term.
#pragma once

#include <span>
#include <vector>

#include "common/split.h"

// The micro-batches of the whole batch that data rank `rank` of `ranks` computes: neighbours.
inline Range own_micro_batches(int micro_batches, int ranks, int rank) {
  return share(size_t(micro_batches), size_t(ranks), size_t(rank));
}

// Term `number` of those that data rank `rank` computes.
struct Term {
  int rank, number;
  bool operator==(const Term&) const = default;
};

// The terms of a step, in the order in which they are added.  micro_batches: the rows of each of the whole batch.
std::vector<Term> terms_of(std::span<const Range> micro_batches, bool reproducible, int ranks);

// How many terms `rank` computes itself (memory for one is always there), and how many it gets from other ranks. At most:
// the last batch of an epoch may have fewer.
size_t own_terms(int micro_batches, bool reproducible, int ranks, int rank);
size_t terms_of_others(int micro_batches, bool reproducible, int ranks, int rank);
