// What stands before me? An exclusive prefix sum over the ranks.
//
// Task 05_prefix_sum: warm-up, 3 points. Try it: make ex-05_prefix_sum
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
  // --- YOUR CODE (6 lines in ours)
  // What does the next rank need to know, and which part of it do I know already?
  // --- END OF YOUR CODE
}
// As generated: 1466942538-959
