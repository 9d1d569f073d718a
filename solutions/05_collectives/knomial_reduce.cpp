// A sum over the ranks by a tree in which a parent has k - 1 children in each round, not one.
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
  // BEGIN SOLUTION
  std::vector<float> sum(data, data + n), received(n);
  int weight = 1;  // of the digit: k to the power of its place
  for (; weight < ranks && rank / weight % k == 0; weight *= k) {
    for (int digit = 1; digit < k && rank + digit * weight < ranks; ++digit) {
      receive_floats(received.data(), n, rank + digit * weight, comm);
      for (size_t i = 0; i < n; ++i) sum[i] += received[i];
    }
  }
  if (rank == 0)
    std::copy(sum.begin(), sum.end(), result);
  else
    send_floats(sum.data(), n, rank - rank / weight % k * weight, comm);
  // TODO
  // First the children, then the parent. A rank's children have one digit more than it has, in which places?
  // STUB
  // END SOLUTION
}
