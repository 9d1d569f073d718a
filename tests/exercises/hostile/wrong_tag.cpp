// task: 04_halo
// says: mismatch: rank 0 waits for tag 2 from rank 1, whose last send to it was with tag 1
// Not hostile: a slip. The run ends by itself, and the tag is named.
#include <mpi.h>

#include <algorithm>
void exchange_margins(float* x, int n, int width, void (*meanwhile)(), MPI_Comm comm) {
  MPI_Request requests[4];
  int rank, size;
  MPI_Comm_rank(comm, &rank);
  MPI_Comm_size(comm, &size);
  const int left = rank > 0 ? rank - 1 : MPI_PROC_NULL, right = rank + 1 < size ? rank + 1 : MPI_PROC_NULL;
  if (left == MPI_PROC_NULL) std::fill_n(x, width, 0.0f);
  if (right == MPI_PROC_NULL) std::fill_n(x + width + n, width, 0.0f);
  MPI_Irecv(x, width, MPI_FLOAT, left, 0, comm, &requests[0]);
  MPI_Irecv(x + width + n, width, MPI_FLOAT, right, 2, comm, &requests[1]);
  MPI_Isend(x + width, width, MPI_FLOAT, left, 1, comm, &requests[2]);
  MPI_Isend(x + n, width, MPI_FLOAT, right, 0, comm, &requests[3]);
  meanwhile();
  MPI_Waitall(4, requests, MPI_STATUSES_IGNORE);
}
