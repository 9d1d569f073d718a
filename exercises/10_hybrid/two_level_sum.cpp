// A sum over all ranks of a grid, by communicators of its nodes and between them.
//
// Task 10_two_level_sum: stretch, 6 points. Try it: make ex-10_two_level_sum
#include <cstddef>
#include <vector>

#include "common/mpi/session.h"
#include "common/split.h"

// Ours, for a communicator of p ranks; every rank of comm calls it with the same n. The judge sees what it is given.
//
// Each rank r gets what all ranks of comm have in x (n) at the elements share(n, p, r):  parts (p, share(n, p, r).size()), the
// part of rank 0 first.
void gather_terms(float* parts, const float* x, size_t n, MPI_Comm comm);
// Each rank r has the elements share(n, p, r) of x (n) right; afterwards every rank has all of them.
void gather_parts(float* x, size_t n, MPI_Comm comm);

// Every rank has numbers x (n), and gets the sum over all ranks, in place. Ranks lie in a grid: `inside` are the ranks of this
// rank's node, `between` are the ranks of all nodes that have the same number in their node as this one. Messages inside a node
// are fast, between nodes they are slow. All communication goes by the two functions above, and a rank hands over to `between` no
// more than the elements that it owns on its node, share(n, ranks of inside, its rank in inside).
//
// The order of the sum: first over the ranks of a node, ((x0 + x1) + x2) + ..., then over the nodes, ((s0 + s1) + s2) + ...
// For every element the same, in floats: so all ranks have the same bits. n may be smaller than the number of ranks, and 0.
void two_level_sum(float* x, size_t n, MPI_Comm inside, MPI_Comm between) {
  // --- YOUR CODE (18 lines in ours)
  // After the sum over the node, which elements of x are this rank's? Over `between` these are a vector of their own: of how many
  // elements, and which of them are this rank's there? Then the way back, in the opposite order.
  gather_parts(x, n, inside);
  // --- END OF YOUR CODE
}
// As generated: 1472842435-1907
