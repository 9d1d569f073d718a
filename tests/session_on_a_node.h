// On one host the number of a rank on its node is that in the world, and nobody sees which of the two a program takes. A program that a
// test includes with MpiSession and run_with_mpi defined as what stands here has others.
#pragma once

#include "common/mpi/session.h"

struct SessionOnANode {
  int number = 0, ranks = 1;  // on the node
  int rank() const { return rank_of(MPI_COMM_WORLD); }
  int size() const { return ranks_of(MPI_COMM_WORLD); }
  int node_rank() const { return number; }
  int node_size() const { return ranks; }
};

template <class Body>
int not_run(int, char**, Body) {
  return 0;
}
