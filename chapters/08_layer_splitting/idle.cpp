#include "chapters/08_layer_splitting/idle.h"

#include "common/mpi/session.h"

StepTimes times_by_operations(const std::vector<int>& sizes, const std::vector<Range>& chunks) {
  StepTimes times;
  for (const Range& layers : chunks) {
    const double forward = double(operations(sizes, layers, true));
    times.forward.push_back(forward);
    times.backward.push_back(double(operations(sizes, layers)) - forward);
  }
  return times;
}

double measured_idle(const PipelineTime& before, const PipelineTime& after, MPI_Comm comm) {
  double sums[2] = {after.computing - before.computing, after.total - before.total};
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, sums, 2, MPI_DOUBLE, MPI_SUM, comm));
  return sums[1] > 0 ? 1 - sums[0] / sums[1] : 0;
}
