// An allgather in half of a ring's steps, between neighbours only.
//
// Task 05_neighbour_exchange: stretch, 6 points. Try it: make ex-05_neighbour_exchange
#include <algorithm>
#include <cstddef>

#include "chapters/05_collectives/messages.h"

// all (ranks, n) of every rank = the blocks mine (n) of all ranks, in rank order. The number of ranks is even; n is any number.
// mine and all do not overlap.
//
// Neighbour exchange (J. Chen, L. Zhang, Y. Zhang, W. Yuan: Performance evaluation of allgather algorithms on terascale Linux
// cluster with fast Ethernet, HPC Asia 2005). The ranks stand in a ring, the last one beside rank 0; ranks 2q and 2q + 1
// are a pair. There are ranks / 2 rounds, one exchange_floats (messages.h) for each rank in each of them:
//
//   round 0      the two of a pair exchange their own blocks
//   round 1      everybody turns to its other neighbour, and gives the two blocks of its pair for two others
//   round 2...   everybody turns round again, and gives the two blocks that came in the round before for two others
//
// Two blocks that travel together are always those of a pair, and lie side by side in `all`.
void allgather_neighbour_exchange(float* all, const float* mine, size_t n, MPI_Comm comm) {
  const int rank = rank_of(comm), ranks = ranks_of(comm);
  // --- YOUR CODE (11 lines in ours)
  // Follow rank 0 of 8 with pencil and paper: which pairs come in rounds 1, 2 and 3, and from whom? Then rank 1.
  // --- END OF YOUR CODE
}
// As generated: 1235004461-1486
