// Measures what cost.h needs to know of the machine: exchanges of many lengths, and additions.
#include <algorithm>
#include <vector>

#include "chapters/05_collectives/add.h"
#include "chapters/05_collectives/cost.h"
#include "chapters/05_collectives/messages.h"
#include "common/mpi/session.h"
#include "common/timer.h"

namespace {

constexpr size_t longest = size_t{1} << 22;  // floats: 16 MiB
constexpr int rounds = 7;

double median(std::vector<double> times) {
  std::nth_element(times.begin(), times.begin() + times.size() / 2, times.end());
  return times[times.size() / 2];
}

/// Seconds of one call of `work`, as the slowest rank sees it: the median of some rounds of some calls.
template <class Work>
double measure(MPI_Comm comm, size_t floats, Work work) {
  const int calls = static_cast<int>(std::clamp<size_t>(100000 / (floats + 100), 1, 100));
  std::vector<double> times;
  for (int round = 0; round < rounds; ++round) {
    MPI_CHECK(MPI_Barrier(comm));
    const Timer timer;
    for (int call = 0; call < calls; ++call) work();
    times.push_back(timer.seconds() / calls);
  }
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, times.data(), rounds, MPI_DOUBLE, MPI_MAX, comm));
  return median(times);
}

}  // namespace

Machine calibrate(MPI_Comm comm) {
  const int ranks = ranks_of(comm), rank = rank_of(comm);
  const int right = (rank + 1) % ranks, left = (rank - 1 + ranks) % ranks;
  std::vector<float> out(longest), in(longest);
  std::vector<Sample> samples;
  for (size_t floats = 1; floats <= longest; floats *= 2) {
    const auto exchange = [&] { exchange_floats(out.data(), floats, right, in.data(), floats, left, comm); };
    exchange();
    samples.push_back({double(floats * sizeof(float)), measure(comm, floats, exchange)});
  }
  const size_t some = size_t{1} << 18;
  const double seconds = measure(comm, some, [&] { add(out.data(), out.data(), in.data(), some); });
  return fit_machine(samples, seconds / (some * sizeof(float)));
}
