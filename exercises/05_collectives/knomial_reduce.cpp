// A sum over the ranks by a tree in which a parent has k - 1 children in each round, not one.
//
// Task 05_knomial_reduce: core, 5 points. Try it: make ex-05_knomial_reduce
#include <algorithm>
#include <cstddef>
#include <vector>

#include "chapters/05_collectives/messages.h"

// result (n) of rank 0 = sum over all ranks of data (n). `result` of other ranks is not used; data stays as it is everywhere and does not
// overlap with result. Any number of ranks, any n, any k from 2 on.
//
// The tree: write a rank's number in base k. Its parent is the rank whose number has a 0 in place of the lowest digit that is not
// 0. With k = 3, rank 8 is "22" and has the parent "20", rank 6, whose parent is "00", rank 0. A rank adds what its children
// send to its own data and then sends one message of n floats, to its parent: with send_floats and receive_floats of chapter
// 05's messages.h. With k = 2 this is chapter 05's binomial tree; a larger k makes it flatter, and parents busier.
void knomial_reduce(float* result, const float* data, size_t n, int k, MPI_Comm comm) {
  const int rank = rank_of(comm), ranks = ranks_of(comm);
  // --- YOUR CODE (12 lines in ours)
  // First the children, then the parent. A rank's children have one digit more than it has, in which places?
  // --- END OF YOUR CODE
}
// As generated: 520799376-1313
