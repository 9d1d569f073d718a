// A ring that turns both ways at once, without deadlock.
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
  // BEGIN SOLUTION
  const int left = (rank - 1 + size) % size, right = (rank + 1) % size;
  enum { rightwards = 1, leftwards = 2 };
  MPI_Request requests[4];
  MPI_CHECK(MPI_Irecv(from_left, n, MPI_FLOAT, left, rightwards, comm, &requests[0]));
  MPI_CHECK(MPI_Irecv(from_right, n, MPI_FLOAT, right, leftwards, comm, &requests[1]));
  MPI_CHECK(MPI_Isend(to_right, n, MPI_FLOAT, right, rightwards, comm, &requests[2]));
  MPI_CHECK(MPI_Isend(to_left, n, MPI_FLOAT, left, leftwards, comm, &requests[3]));
  MPI_CHECK(MPI_Waitall(4, requests, MPI_STATUSES_IGNORE));
  // TODO
  // Two messages leave and two arrive. With two ranks, what tells the two that arrive from the same neighbour apart?
  // STUB
  // END SOLUTION
}
