#include "chapters/08_layer_splitting/idle.h"

#include "common/mpi/session.h"

StepTimes times_by_operations(const std::vector<int>& sizes, const std::vector<Range>& chunks, int keep_every) {
  StepTimes times;
  for (const Range& layers : chunks) {
    const double forward = double(operations(sizes, layers, true));
    times.forward.push_back(forward);
    double again = 0;  // at most: a stretch that is still there is not computed again
    for (size_t l = layers.first; l + 1 < layers.last; ++l)
      if (!is_kept(int(l + 1 - layers.first), int(layers.size()), keep_every)) again += double(operations(sizes, {l, l + 1}, true));
    times.backward.push_back(double(operations(sizes, layers)) - forward + again);
    times.weights.push_back(forward);  // a product with as many multiplications
  }
  return times;
}

double measured_idle(const PipelineTime& before, const PipelineTime& after, MPI_Comm comm) {
  double sums[2] = {after.computing - before.computing, after.total - before.total};
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, sums, 2, MPI_DOUBLE, MPI_SUM, comm));
  return sums[1] > 0 ? 1 - sums[0] / sums[1] : 0;
}
