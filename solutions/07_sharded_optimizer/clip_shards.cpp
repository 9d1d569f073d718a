// Clipping by the norm of the whole gradient, of which each rank has a shard.
#include <cmath>

#include "common/mpi/session.h"

// The gradient of the model is cut into shards: this rank has `shard` (n); n differs from rank to rank and may be 0.
// If the Euclidean norm of the whole gradient, over all ranks, is greater than `limit`, every rank multiplies its shard
// by limit / norm; else no element changes. Returns the norm as it was before, the same on every rank.
//
// Squares are computed and added in double: those of large floats are infinite as floats.
double clip_shards(float* shard, int n, double limit, MPI_Comm comm) {
  // BEGIN SOLUTION
  double squares = 0;
  for (int i = 0; i < n; ++i) squares += double(shard[i]) * shard[i];
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &squares, 1, MPI_DOUBLE, MPI_SUM, comm));
  const double norm = std::sqrt(squares);
  if (norm > limit)
    for (int i = 0; i < n; ++i) shard[i] = float(shard[i] * (limit / norm));
  return norm;
  // TODO
  // One number has to travel. Which one: can the norm of the whole be computed from the norms of the shards?
  // STUB
  // return 0;
  // END SOLUTION
}
