// The sum of all ranks' vectors, on one rank: three ways.
#include <algorithm>

#include "chapters/05_collectives/add.h"
#include "chapters/05_collectives/collectives.h"
#include "chapters/05_collectives/messages.h"
#include "chapters/05_collectives/scratch.h"

// The root adds in rank order, so its own operand must wait for its turn: in place it would be overwritten by the sum
// before that, and is kept aside.
void reduce_linear(float* result, const float* data, size_t n, int root, MPI_Comm comm) {
  const int ranks = ranks_of(comm);
  if (rank_of(comm) != root) return send_floats(data, n, root, comm);
  Scratch own, received = scratch(n);
  if (result == data && root > 0) {
    own = scratch(n);
    std::copy_n(data, n, own.get());
    data = own.get();
  }
  for (int from = 0; from < ranks; ++from) {
    const float* operand = data;
    if (from != root) {
      float* into = from == 0 ? result : received.get();
      receive_floats(into, n, from, comm);
      operand = into;
    }
    if (from > 0)
      add(result, result, operand, n);
    else if (operand != result)
      std::copy_n(operand, n, result);
  }
}

// broadcast_tree backwards: first the smallest subtree's sum comes in, last the largest one's, then ours goes up.
void reduce_tree(float* result, const float* data, size_t n, int root, MPI_Comm comm) {
  const int ranks = ranks_of(comm), place = (rank_of(comm) - root + ranks) % ranks;
  Scratch received, partial;
  float* sum = result;
  const float* source = data;
  int bit = 1;
  for (; bit < ranks && !(place & bit); bit *= 2) {
    if (place + bit >= ranks) continue;
    if (!received) received = scratch(n);
    if (place != 0 && !partial) sum = (partial = scratch(n)).get();  // only the root's result may be written
    receive_floats(received.get(), n, (place + bit + root) % ranks, comm);
    add(sum, source, received.get(), n);
    source = sum;
  }
  if (place != 0)
    send_floats(source, n, (place - bit + root) % ranks, comm);
  else if (source != result)
    std::copy_n(source, n, result);
}

// Rank 0 starts, every rank adds its operand to what comes in, the last rank has the sum. The segment that a rank
// sends on is still under way while it works on the next, so there are two of them. No message leaves from the
// operand itself: in place, the root already receives a segment of the result where its operand stood.
void reduce_chain(float* result, const float* data, size_t n, int root, MPI_Comm comm) {
  const int rank = rank_of(comm), last = ranks_of(comm) - 1;
  const size_t longest = std::min(n, chain_segment);
  Scratch segments = scratch(2 * longest);
  Pending sends[2], results;
  int turn = 0;
  for (size_t begin = 0; begin < n; begin += chain_segment, turn ^= 1) {
    const size_t length = std::min(chain_segment, n - begin);
    float* sum = segments.get() + turn * longest;
    sends[turn].wait();
    if (rank == 0)
      std::copy_n(data + begin, length, sum);
    else
      receive_floats(sum, length, rank - 1, comm);
    if (rank > 0) add(sum, sum, data + begin, length);
    if (rank < last)
      sends[turn].send(sum, length, rank + 1, comm);
    else if (root != last)
      sends[turn].send(sum, length, root, comm);
    else
      std::copy_n(sum, length, result + begin);
    if (rank == root && root != last) results.receive(result + begin, length, last, comm);
  }
}
