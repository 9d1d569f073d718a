// A vector that is split over the ranks: its parts need a margin of their neighbours, and work meanwhile.
#include <algorithm>
#include <cstddef>

#include "common/mpi/session.h"

// A long vector lies on the ranks of comm in pieces, in rank order; this rank has n of its elements (another rank may have
// another number, but all have at least `width`). x (width + n + width) holds them in the middle:
//
//        margin            own elements             margin
//   x [0 .. width)     [width .. width + n)     [width + n .. width + n + width)
//
// On return the left margin holds the last `width` own elements of rank - 1, the right one the first `width` of
// rank + 1. The vector does not close into a ring: the left margin of the first rank and the right one of the last are
// zeros. The own elements stay as they are.
//
// meanwhile() computes with own elements alone. Call it once on each rank, while the messages are under way: after all of them
// were started, and before you wait for any. Any number of ranks, 1 included; width is 1 or more, and may be large.
// Use point-to-point calls only.
void exchange_margins(float* x, int n, int width, void (*meanwhile)(), MPI_Comm comm) {
  int rank = 0, size = 1;
  MPI_CHECK(MPI_Comm_rank(comm, &rank));
  MPI_CHECK(MPI_Comm_size(comm, &size));
  // BEGIN SOLUTION
  const int left = rank > 0 ? rank - 1 : MPI_PROC_NULL, right = rank + 1 < size ? rank + 1 : MPI_PROC_NULL;
  std::fill_n(x, width, 0.0f);
  std::fill_n(x + width + n, width, 0.0f);
  MPI_Request requests[4];
  MPI_CHECK(MPI_Irecv(x, width, MPI_FLOAT, left, 1, comm, &requests[0]));
  MPI_CHECK(MPI_Irecv(x + width + n, width, MPI_FLOAT, right, 1, comm, &requests[1]));
  MPI_CHECK(MPI_Isend(x + width, width, MPI_FLOAT, left, 1, comm, &requests[2]));
  MPI_CHECK(MPI_Isend(x + n, width, MPI_FLOAT, right, 1, comm, &requests[3]));
  meanwhile();
  MPI_CHECK(MPI_Waitall(4, requests, MPI_STATUSES_IGNORE));
  // TODO
  // A message to or from MPI_PROC_NULL is none, and takes no time: so the first and the last rank need no code of their own.
  // STUB
  // meanwhile();
  // END SOLUTION
}
