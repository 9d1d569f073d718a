// A broadcast that cuts the vector, and sends nothing to the rank that has it.
//
// Task 05_broadcast_in_pieces: core, 4 points. Try it: make ex-05_broadcast_in_pieces
#include <cstddef>

#include "chapters/05_collectives/blocks.h"
#include "chapters/05_collectives/messages.h"

// data (n) of rank `root` goes to data (n) of every rank: by a scatter and an allgather, as chapter 05's
// broadcast_scatter_allgather, but here the root has no piece. With p ranks the vector is cut into p - 1 pieces, by Blocks{n, p - 1}:
//
//   piece i belongs to rank (root + 1 + i) % p, for i = 0, 1, ..., p - 2
//   the root sends each piece to its owner, and sends and receives nothing else
//   each owner sends its piece to the other owners, not to the root
//
// So the root sends n floats and no rank sends more. Use messages.h: send_floats, receive_floats, exchange_floats, or
// Pending, which has many messages under way. Any number of ranks, 1 included; any n, also less than p - 1.
void broadcast_in_pieces(float* data, size_t n, int root, MPI_Comm comm) {
  const int rank = rank_of(comm), ranks = ranks_of(comm);
  // --- YOUR CODE (12 lines in ours)
  // The root is done after p - 1 messages. The others have two kinds of messages to receive; which of them must have come before they
  // may send?
  // --- END OF YOUR CODE
}
// As generated: 4156121455-1329
