// Dissemination barrier: after round k a rank has heard, directly or through others, from the 2^(k+1) - 1 ranks
// before it. After lg p rounds that is everybody, for any p; nobody is a root that all others wait for.
#include "chapters/05_collectives/collectives.h"
#include "chapters/05_collectives/messages.h"

void barrier_dissemination(MPI_Comm comm) {
  const int ranks = ranks_of(comm), rank = rank_of(comm);
  for (int distance = 1; distance < ranks; distance *= 2) {
    const int to = (rank + distance) % ranks, from = (rank - distance + ranks) % ranks;
    float token = 0, heard;
    exchange_floats(&token, 1, to, &heard, 1, from, comm);
  }
}
