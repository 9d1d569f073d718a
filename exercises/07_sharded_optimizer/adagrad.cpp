// A step of Adagrad whose state is shared out over the ranks.
//
// Task 07_adagrad: core, 5 points. Try it: make ex-07_adagrad
#include <cmath>
#include <vector>

#include "common/mpi/session.h"
#include "common/split.h"

// Adagrad remembers the sum of all squares of gradients:   s += g²;   w -= rate · g / (√s + epsilon)
//
// Every rank has all weights w (n), the same on all, and the gradients g (n) of its own rows; the gradient of the step is
// their sum over ranks. Rank r owns the elements share(n, ranks, r) and keeps s for these only: s (the size of its share,
// maybe 0), which begins with zeros and stays from step to step. After the step all ranks have the same new w. g may be
// overwritten. Only the owner computes an update; what travels is g to the owners, and w from them.
void adagrad_step(float* w, float* s, float* g, int n, float rate, float epsilon, MPI_Comm comm) {
  int rank = 0, ranks = 1;
  MPI_CHECK(MPI_Comm_rank(comm, &rank));
  MPI_CHECK(MPI_Comm_size(comm, &ranks));
  [[maybe_unused]] const Range mine = share(size_t(n), size_t(ranks), size_t(rank));
  // --- YOUR CODE (13 lines in ours)
  // Three parts: sum the gradients so that each rank gets those of its share; update the share; collect all shares of w.
  // --- END OF YOUR CODE
}
// As generated: 3551415225-1283
