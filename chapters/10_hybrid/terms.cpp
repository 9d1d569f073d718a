#include "chapters/10_hybrid/terms.h"

#include <algorithm>

std::vector<Term> terms_of(std::span<const Range> micro_batches, bool reproducible, int ranks) {
  std::vector<Term> terms;
  for (int rank = 0; rank < ranks; ++rank) {
    const Range own = own_micro_batches(int(micro_batches.size()), ranks, rank);
    int number = 0;
    for (size_t m = own.first; m < own.last; ++m)
      if (!micro_batches[m].empty() && (reproducible || number == 0)) terms.push_back({rank, number++});
  }
  return terms;
}

size_t own_terms(int micro_batches, bool reproducible, int ranks, int rank) {
  return reproducible ? std::max<size_t>(1, own_micro_batches(micro_batches, ranks, rank).size()) : 1;
}

size_t terms_of_others(int micro_batches, bool reproducible, int ranks, int rank) {
  if (reproducible) return size_t(micro_batches) - own_micro_batches(micro_batches, ranks, rank).size();
  size_t others = 0;
  for (int other = 0; other < ranks; ++other)
    if (other != rank && !own_micro_batches(micro_batches, ranks, other).empty()) ++others;
  return others;
}
