// A sum by a fixed binary tree: the same bits on any number of ranks.
//
// Task 06_tree_sum: stretch, 6 points. Try it: make ex-06_tree_sum
#include <algorithm>
#include <vector>

#include "common/mpi/session.h"
#include "common/split.h"

// There are gradients g0, g1, ... g(M-1) of M = micro_batches micro-batches, each (n). Rank r of comm has those of
// share(M, ranks, r), maybe none, one after another in `mine`; they may be overwritten.
//
// total (n), on every rank, is their sum, added as this tree says: first g0 + g1, g2 + g3, g4 + g5, ...; then the sums of
// neighbours, and so on. What has no neighbour on a level goes up as it is. Of five:
//
//   ((g0 + g1) + (g2 + g3)) + g4
//
// Each + is one addition of floats. Chapter 06 adds one after another; a tree is as deep as log2 M only.
void tree_sum(float* total, float* mine, int n, int micro_batches, MPI_Comm comm) {
  int rank = 0, ranks = 1;
  MPI_CHECK(MPI_Comm_rank(comm, &rank));
  MPI_CHECK(MPI_Comm_size(comm, &ranks));
  // The rank that has micro-batch m, and where this rank keeps it.
  [[maybe_unused]] auto owner = [&](int m) {
    int owner = 0;
    while (int(share(size_t(micro_batches), size_t(ranks), size_t(owner)).last) <= m) ++owner;
    return owner;
  };
  [[maybe_unused]] auto place = [&](int m) {
    const size_t first = share(size_t(micro_batches), size_t(ranks), size_t(rank)).first;
    return mine + (size_t(m) - first) * size_t(n);
  };
  // --- YOUR CODE (13 lines in ours)
  // Let the sum of a subtree lie where its first micro-batch lies. Which pairs are added on level 0, 1, 2, whose are they,
  // and where is the whole sum at the end? (share may leave the first rank without any.)
  // --- END OF YOUR CODE
}
// As generated: 306518303-1719
