// One rank has the data, all ranks get it: four ways.
#include <algorithm>

#include "chapters/05_collectives/blocks.h"
#include "chapters/05_collectives/collectives.h"
#include "chapters/05_collectives/messages.h"
#include "chapters/05_collectives/scratch.h"

void broadcast_linear(float* data, size_t n, int root, MPI_Comm comm) {
  const int ranks = ranks_of(comm), rank = rank_of(comm);
  if (rank != root) return receive_floats(data, n, root, comm);
  for (int to = 0; to < ranks; ++to)
    if (to != root) send_floats(data, n, to, comm);
}

// Ranks are counted from the root: `place` 0 is the root. A place's parent is itself without its lowest set bit;
// its children are itself with one of the bits below that one set, the largest subtree first.
void broadcast_tree(float* data, size_t n, int root, MPI_Comm comm) {
  const int ranks = ranks_of(comm), place = (rank_of(comm) - root + ranks) % ranks;
  int bit = 1;
  while (bit < ranks && !(place & bit)) bit *= 2;
  if (place != 0) receive_floats(data, n, (place - bit + root) % ranks, comm);
  for (bit /= 2; bit > 0; bit /= 2)
    if (place + bit < ranks) send_floats(data, n, (place + bit + root) % ranks, comm);
}

void broadcast_chain(float* data, size_t n, int root, MPI_Comm comm) {
  const int ranks = ranks_of(comm), rank = rank_of(comm);
  const int next = (rank + 1) % ranks, previous = (rank - 1 + ranks) % ranks;
  Pending sends;
  for (size_t begin = 0; begin < n; begin += chain_segment) {
    const size_t length = std::min(chain_segment, n - begin);
    if (rank != root) receive_floats(data + begin, length, previous, comm);
    if (next != root) sends.send(data + begin, length, next, comm);
  }
  sends.wait();
}

void broadcast_scatter_allgather(float* data, size_t n, int root, MPI_Comm comm) {
  float* mine = data + Blocks{n, ranks_of(comm)}.begin(rank_of(comm));
  scatter_tree(mine, data, n, root, comm);
  allgather_ring(data, mine, n, comm);
}
