// A ring that hangs or not, depending on the size of the message; and its three cures.
//
// Every rank starts with a vector of its own number. In size - 1 shifts each vector visits every rank, which adds it up.
// Run: mpiexec -n 4 build/chapters/04_point_to_point/ring --way blocking --bytes 64
//      the same with --bytes 1000000 stands still; after GUARD_TIMEOUT seconds the watchdog ends it and says why.
//      --way ordered, sendrecv, nonblocking always end.
#include <climits>
#include <cstdio>
#include <vector>

#include "chapters/04_point_to_point/ring_shift.h"
#include "common/error.h"
#include "common/mpi/session.h"
#include "common/options.h"
#include "common/timer.h"

namespace {

int ring(MpiSession& mpi, int argc, char** argv) {
  std::string way = "blocking";
  int64_t bytes = 1 << 20, laps = 1;
  Options options("Sends vectors around a ring of processes.");
  options.add("way", &way, "how a rank sends and receives", ring_ways());
  options.add("bytes", &bytes, "size of a message", between(4, INT_MAX));
  options.add("laps", &laps, "how often to go around", between(1, 1e6));
  if (!options.parse(argc, argv, mpi.rank() != 0)) return 0;

  const size_t n = size_t(bytes) / sizeof(float);
  if (mpi.rank() == 0) {
    std::printf("%d ranks, %zu bytes a message, %s ...\n", mpi.size(), n * sizeof(float), way.c_str());
    std::fflush(stdout);
  }
  std::vector<float> mine(n), arrived(n), sum(n);
  const Timer timer;
  for (int64_t lap = 0; lap < laps; ++lap) {
    mine.assign(n, float(mpi.rank()));
    sum = mine;
    for (int shift = 1; shift < mpi.size(); ++shift) {
      ring_shift(arrived.data(), mine.data(), int(n), ring_way(way), MPI_COMM_WORLD);
      for (size_t i = 0; i < n; ++i) sum[i] += arrived[i];
      mine.swap(arrived);  // what came from the left goes on to the right
    }
  }
  const double seconds = timer.seconds();

  const float expected = float(mpi.size() * (mpi.size() - 1) / 2);  // small integers: exact
  for (float value : sum)
    if (value != expected)
      throw Error("the sum is " + std::to_string(value) + ", not " + std::to_string(expected));
  if (mpi.rank() == 0)
    std::printf("... every element is %g, as it should be; %.1f us a shift\n", expected,
                1e6 * seconds / double(laps * std::max(mpi.size() - 1, 1)));
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return run_with_mpi(argc, argv, ring); }
