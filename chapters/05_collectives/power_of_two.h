// Algorithms that pair ranks by bits need a power of two of them. Where there are more, the first `extra` pairs
// (0, 1), (2, 3), ... act as one: the odd rank gives its operand to the even one before and gets the result after.
// The survivors are numbered in rank order, and a pair's two blocks are neighbours, so the blocks that a range of
// survivors stands for are one contiguous piece of the vector. [Thakur, Rabenseifner, Gropp 2005]
#pragma once

#include <mpi.h>

#include "chapters/05_collectives/blocks.h"

struct Survivors {
  explicit Survivors(MPI_Comm comm);

  int ranks;      // of the communicator
  int count = 1;  // of survivors: the largest power of two that is not above ranks
  int extra;      // ranks - count: so many pairs act as one
  int number;     // of this rank among the survivors, or of the one it acts through
  int partner;    // the other one of this rank's pair, or -1
  bool survives;

  // The rank of a survivor; first_rank(count) is `ranks`.
  int first_rank(int survivor) const { return survivor < extra ? 2 * survivor : survivor + extra; }
  // First element that survivor `survivor` stands for; begin(count) is n.
  size_t begin(const Blocks& blocks, int survivor) const { return blocks.begin(first_rank(survivor)); }
};

// Before: the partner's operand is added to the survivor's. Returns where this rank's operand is now: `data` where
// nothing was added, `sum` (n) where something was.
const float* fold_in(float* sum, const float* data, size_t n, const Survivors& survivors, MPI_Comm comm);

// After: the survivor sends result (n) to its partner.
void fold_out(float* result, size_t n, const Survivors& survivors, MPI_Comm comm);

// Survivors only. sum (n) over the survivors of source (n), but only in the elements that this survivor stands for;
// the rest of `sum` is left with partial sums. sum may be source.
void halve(float* sum, const float* source, const Blocks& blocks, const Survivors& survivors, MPI_Comm comm);

// Survivors only. Each has the elements of all (n) that it stands for; afterwards each has all of them.
void double_up(float* all, const Blocks& blocks, const Survivors& survivors, MPI_Comm comm);
