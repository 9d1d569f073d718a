// A layer cut by rows whose output is spread over the ranks, instead of being on all of them.
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
  // BEGIN SOLUTION
  std::vector<float> term(size_t(rows) * size_t(out));
  for (int r = 0; r < rows; ++r)
    for (int i = 0; i < mine; ++i)
      for (int o = 0; o < out; ++o) term[size_t(r * out + o)] += x[r * mine + i] * w[i * out + o];
  std::vector<int> counts;
  for (int r = 0; r < ranks; ++r) counts.push_back(int(share(size_t(rows), size_t(ranks), size_t(r)).size()) * out);
  MPI_CHECK(MPI_Reduce_scatter(term.data(), y, counts.data(), MPI_FLOAT, MPI_SUM, comm));
  for (int i = 0; i < counts[size_t(rank)]; ++i) y[i] = std::max(0.0f, y[i] + b[i % out]);
  // TODO
  // A term of the sum has all rows. Who gets how many floats of it? And what may be done only once the sum is whole?
  // STUB
  // END SOLUTION
}
