// A layer cut by rows whose output is spread over the ranks, instead of being on all of them.
//
// Task 09_row_parallel_scatter: core, 4 points. Try it: make ex-09_row_parallel_scatter
#include <algorithm>
#include <vector>

#include "common/mpi/session.h"
#include "common/split.h"

// The layer y = relu(x · w + b) is cut by the rows of w, so that rank r has the inputs share(in, ranks, r), maybe none:
// x (rows, mine) and w (mine, out), where `mine` is the size of that share. b (out) is on every rank.
//
// Chapter 09 adds up the terms by an allreduce, and then all ranks have all of y. Here rank r gets the rows
// share(rows, ranks, r) of y only: y (size of that share, out). That is half as much to send, and what follows, dropout or
// a normalization of rows, is done once and not on every rank.
void row_parallel(float* y, const float* x, const float* w, const float* b, int rows, int in, int out, MPI_Comm comm) {
  int rank = 0, ranks = 1;
  MPI_CHECK(MPI_Comm_rank(comm, &rank));
  MPI_CHECK(MPI_Comm_size(comm, &ranks));
  [[maybe_unused]] const int mine = int(share(size_t(in), size_t(ranks), size_t(rank)).size());
  // --- YOUR CODE (8 lines in ours)
  // A term of the sum has all rows. Who gets how many floats of it? And what may be done only once the sum is whole?
  // --- END OF YOUR CODE
}
// As generated: 2036894652-1320
