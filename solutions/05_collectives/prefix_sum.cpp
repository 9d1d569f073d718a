// What stands before me? An exclusive prefix sum over the ranks.
#include <algorithm>
#include <cstddef>
#include <vector>

#include "chapters/05_collectives/messages.h"

// result (n) of rank r = x of rank 0 + x of rank 1 + ... + x of rank r - 1, element by element and added in this order; on rank 0
// zeros. x (n) is each rank's own vector and stays as it is. result and x do not overlap. Any number of ranks, any n.
//
// MPI calls this MPI_Exscan. Here it is done with send_floats and receive_floats of chapter 05's messages.h, and a rank sends
// one message at most, to the next rank.
void exclusive_prefix_sum(float* result, const float* x, size_t n, MPI_Comm comm) {
  const int rank = rank_of(comm), ranks = ranks_of(comm);
  // BEGIN SOLUTION
  std::fill_n(result, n, 0.0f);
  if (rank > 0) receive_floats(result, n, rank - 1, comm);
  if (rank + 1 == ranks) return;
  std::vector<float> next(n);
  for (size_t i = 0; i < n; ++i) next[i] = result[i] + x[i];
  send_floats(next.data(), n, rank + 1, comm);
  // TODO
  // What does the next rank need to know, and which part of it do I know already?
  // STUB
  // END SOLUTION
}
