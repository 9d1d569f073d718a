// A ring that turns both ways at once, without deadlock.
//
// Task 04_two_way_shift: core, 4 points. Try it: make ex-04_two_way_shift
#include "common/mpi/session.h"

// Every rank of comm sends to_right (n) to its right neighbour (rank + 1) and to_left (n) to its left neighbour (rank - 1),
// around the ring, and receives
//   from_left (n)  = to_right of the left neighbour
//   from_right (n) = to_left of the right neighbour
// It works for any n, however large, and for any number of ranks, 1 and 2 included: with two ranks the left and the
// right neighbour are the same rank, and with one both are the rank itself. The four arrays do not overlap.
// Use point-to-point calls only.
void two_way_shift(float* from_left, float* from_right, const float* to_left, const float* to_right, int n,
                   MPI_Comm comm) {
  int rank = 0, size = 1;
  MPI_CHECK(MPI_Comm_rank(comm, &rank));
  MPI_CHECK(MPI_Comm_size(comm, &size));
  // --- YOUR CODE (8 lines in ours)
  // Two messages leave and two arrive. With two ranks, what tells the two that arrive from the same neighbour apart?
  // --- END OF YOUR CODE
}
// As generated: 4216918197-1128
