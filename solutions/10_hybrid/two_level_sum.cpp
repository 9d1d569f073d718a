// A sum over all ranks of a grid, by communicators of its nodes and between them.
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
  // BEGIN SOLUTION
  // The sum over comm of the elements that this rank owns, in the order of ranks, at their place in x.
  const auto add_own = [](float* values, size_t count, MPI_Comm comm) {
    int rank = 0, ranks = 1;
    MPI_CHECK(MPI_Comm_rank(comm, &rank));
    MPI_CHECK(MPI_Comm_size(comm, &ranks));
    const Range own = share(count, size_t(ranks), size_t(rank));
    std::vector<float> parts(size_t(ranks) * own.size());
    gather_terms(parts.data(), values, count, comm);
    for (size_t i = 0; i < own.size(); ++i) {
      float sum = parts[i];
      for (size_t r = 1; r < size_t(ranks); ++r) sum += parts[r * own.size() + i];
      values[own.first + i] = sum;
    }
    return own;
  };
  const Range own = add_own(x, n, inside);
  add_own(x + own.first, own.size(), between);
  gather_parts(x + own.first, own.size(), between);
  gather_parts(x, n, inside);
  // TODO
  // After the sum over the node, which elements of x are this rank's? Over `between` these are a vector of their own: of how many
  // elements, and which of them are this rank's there? Then the way back, in the opposite order.
  // STUB
  // gather_parts(x, n, inside);
  // END SOLUTION
}
