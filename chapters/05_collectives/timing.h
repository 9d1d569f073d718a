// How this chapter times something that all ranks do together.
#pragma once

#include <mpi.h>

#include <algorithm>
#include <cstddef>
#include <vector>

#include "chapters/05_collectives/shared_window.h"
#include "common/mpi/session.h"
#include "common/statistics.h"
#include "common/timer.h"

// Seconds that one call of work() takes on this rank, where work() reads and writes x (n). Collective.
// Short vectors are called many times in a row. Long ones once, and x is written before it, as the backward pass of
// a training step does: otherwise its cache lines would already lie with the core that used them the last time.
// `warm`: one call before that is not timed, since what ran before had other buffers.
template <class Work>
double seconds_per_call(MPI_Comm comm, float* x, size_t n, bool warm, Work work) {
  const bool is_long = n > 4096;
  const int calls = is_long ? 1 : int(std::clamp<size_t>(50000 / (n + 500), 1, 60));
  if (warm) work();
  if (is_long) std::fill_n(x, n, 0.0f);
  MPI_CHECK(MPI_Barrier(comm));
  const Timer timer;
  for (int call = 0; call < calls; ++call) work();
  return timer.seconds() / calls;
}

// Each of `seconds` becomes that of the slowest rank, on all ranks.
inline void take_slowest(std::vector<double>& seconds, MPI_Comm comm) {
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, seconds.data(), int(seconds.size()), MPI_DOUBLE, MPI_MAX,
                          comm));
}
inline double slowest(double seconds) {
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &seconds, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD));
  return seconds;
}

// Nanoseconds that a value needs from rank 0's core to rank 1's: the two pass a number to and fro in a shared window.
// The best of five attempts, since a core that is taken away costs milliseconds. Collective over the window's ranks.
double core_to_core(SharedWindow& window, int rank);
