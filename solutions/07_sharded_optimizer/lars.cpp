// A step of LARS, which needs the norms of layers, on shards that end in the middle of a layer.
#include <algorithm>
#include <cmath>
#include <vector>

#include "common/mpi/session.h"
#include "common/split.h"

// LARS (Y. You, I. Gitman, B. Ginsburg: Large batch training of convolutional networks, arXiv 1708.03888, 2017) gives each layer a
// learning rate of its own, so that no layer changes by much more of its size than the others. One step, for a layer with weights w,
// gradient g and momentum v, where |x| is the Euclidean norm over all elements of the layer:
//
//   ratio = |w| / (|g| + decay · |w|), and 1 if |w| = 0 or |g| = 0
//   v = momentum · v + rate · ratio · (g + decay · w)
//   w = w - v
//
// The weights of all layers are one long vector, and layer l is the range layers[l] of it; the layers follow each other without
// gaps, and none is empty. Each rank owns one range of this vector, `shard`, and has w, g and v (shard.size()) of it only. The
// shards follow each other in rank order; they end anywhere, and may be empty. So a layer may lie on several ranks, and
// a rank may have parts of several layers. g is the gradient of the step already, the same as one rank alone would have.
//
// One MPI_Allreduce for all layers together. Squares are computed and added in double: those of large floats are infinite
// as floats.
void lars_step(float* w, float* v, const float* g, Range shard, const std::vector<Range>& layers, float rate,
               float momentum, float decay, MPI_Comm comm) {
  // BEGIN SOLUTION
  const auto mine =
      [&](size_t l) {  // the part of layer l that is in this shard, counted from the start of the shard
        return Range{std::clamp(layers[l].first, shard.first, shard.last) - shard.first,
                     std::clamp(layers[l].last, shard.first, shard.last) - shard.first};
      };
  std::vector<double> squares(2 * layers.size());  // of w and of g, for each layer
  for (size_t l = 0; l < layers.size(); ++l)
    for (size_t i = mine(l).first; i < mine(l).last; ++i) {
      squares[2 * l] += double(w[i]) * w[i];
      squares[2 * l + 1] += double(g[i]) * g[i];
    }
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, squares.data(), int(squares.size()), MPI_DOUBLE, MPI_SUM, comm));
  for (size_t l = 0; l < layers.size(); ++l) {
    const double norm_w = std::sqrt(squares[2 * l]), norm_g = std::sqrt(squares[2 * l + 1]);
    const double ratio = norm_w > 0 && norm_g > 0 ? norm_w / (norm_g + decay * norm_w) : 1;
    for (size_t i = mine(l).first; i < mine(l).last; ++i) {
      v[i] = float(momentum * v[i] + rate * ratio * (g[i] + decay * w[i]));
      w[i] -= v[i];
    }
  }
  // TODO
  // Three parts: two sums for each layer, over what this rank has of it, maybe nothing; the sums over all ranks; the update of
  // the shard. Which index has element layers[l].first of the whole vector in w, if it is in this shard?
  // STUB
  // END SOLUTION
}
