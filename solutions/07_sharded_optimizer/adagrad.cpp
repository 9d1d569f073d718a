// A step of Adagrad whose state is shared out over the ranks.
#include <cmath>
#include <vector>

#include "common/mpi/session.h"
#include "common/split.h"

// Adagrad remembers the sum of all squares of gradients:   s += g²;   w -= rate · g / (√s + epsilon)
//
// Every rank has all weights w (n), the same on all, and the gradients g (n) of its own rows; the gradient of the step is
// their sum over ranks. Rank r owns the elements share(n, ranks, r) and keeps s for these only: s (the size of its share,
// maybe 0), which begins with zeros and stays from step to step. After the step all ranks have the same new w. g may be
// overwritten. Only the owner computes an update; what travels is g to the owners, and w from them.
void adagrad_step(float* w, float* s, float* g, int n, float rate, float epsilon, MPI_Comm comm) {
  int rank = 0, ranks = 1;
  MPI_CHECK(MPI_Comm_rank(comm, &rank));
  MPI_CHECK(MPI_Comm_size(comm, &ranks));
  [[maybe_unused]] const Range mine = share(size_t(n), size_t(ranks), size_t(rank));
  // BEGIN SOLUTION
  std::vector<int> counts, offsets;
  for (int r = 0; r < ranks; ++r) {
    const Range part = share(size_t(n), size_t(ranks), size_t(r));
    counts.push_back(int(part.size()));
    offsets.push_back(int(part.first));
  }
  std::vector<float> sum(mine.size());
  MPI_CHECK(MPI_Reduce_scatter(g, sum.data(), counts.data(), MPI_FLOAT, MPI_SUM, comm));
  for (size_t i = 0; i < mine.size(); ++i) {
    s[i] += sum[i] * sum[i];
    w[mine.first + i] -= rate * sum[i] / (std::sqrt(s[i]) + epsilon);
  }
  MPI_CHECK(MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_FLOAT, w, counts.data(), offsets.data(), MPI_FLOAT, comm));
  // TODO
  // Three parts: sum the gradients so that each rank gets those of its share; update the share; collect all shares of w.
  // STUB
  // END SOLUTION
}
