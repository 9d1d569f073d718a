// Clipping by the norm of the whole gradient, of which each rank has a shard.
//
// Task 07_clip_shards: core, 3 points. Try it: make ex-07_clip_shards
#include <cmath>

#include "common/mpi/session.h"

// The gradient of the model is cut into shards: this rank has `shard` (n); n differs from rank to rank and may be 0.
// If the Euclidean norm of the whole gradient, over all ranks, is greater than `limit`, every rank multiplies its shard
// by limit / norm; else no element changes. Returns the norm as it was before, the same on every rank.
//
// Squares are computed and added in double: those of large floats are infinite as floats.
double clip_shards(float* shard, int n, double limit, MPI_Comm comm) {
  // --- YOUR CODE (7 lines in ours)
  // One number has to travel. Which one: can the norm of the whole be computed from the norms of the shards?
  return 0;
  // --- END OF YOUR CODE
}
// As generated: 345823034-899
