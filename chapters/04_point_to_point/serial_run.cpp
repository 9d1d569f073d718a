#include "chapters/04_point_to_point/serial_run.h"

#include <cstdio>
#include <iostream>

#include "chapters/01_serial/serial_training.h"
#include "chapters/03_fast_kernels/make_device.h"
#include "chapters/04_point_to_point/patience.h"
#include "common/compare.h"
#include "common/mpi/session.h"
#include "common/timer.h"

namespace {

constexpr int verdict_tag = 1;

// One line on what agrees; whether it does.
bool print_agreement(const SerialRun& serial, std::span<const float> weights, Agreement agreement,
                     double bound) {
  if (compare(serial.weights, serial.initial).same_bits()) {
    std::cout << "serial run: training did not move the weights, so there is nothing to compare\n";
    return false;
  }
  const Distance distance = compare(weights, serial.weights, serial.initial);
  const bool same = distance.same_bits();
  const bool agrees = agreement == Agreement::same_bits ? same : distance.within(bound);
  std::cout << "serial run: " << (agrees ? "agrees" : "DISAGREES") << ", ";
  if (same)
    std::cout << "all " << distance.size << " weights have the same bits\n";
  else
    std::cout << distance << '\n';
  return agrees;
}

}  // namespace

SerialRun run_serially(const TrainOptions& o, const Dataset& train, Device& device, const RateScale& scale) {
  SerialTraining training(device, o.sizes(train), o.optimizer, o.largest_micro_batch(), uint64_t(o.seed));
  SerialRun run{.initial = training.weights(), .weights = {}};
  const std::vector<Range> all = batches(train.count, size_t(o.batch));
  size_t step = 0;
  const Timer timer;
  for (int epoch = 0; epoch < o.epochs; ++epoch) {
    const std::vector<uint32_t> order = permutation(uint64_t(o.seed), uint32_t(epoch), train.count);
    for (const Range batch : all) {
      run.loss = training.step(train, order, batch, o.micro_batches, scale ? scale(step, all.size()) : 1);
      ++step;
    }
  }
  device.synchronize();
  run.seconds = timer.seconds();
  run.weights = training.weights();
  return run;
}

SerialRun run_serially(const TrainOptions& o, const Dataset& train, const RateScale& scale) {
  return run_serially(o, train, *make_device(o.device), scale);
}

int on_rank_0(MPI_Comm comm, const std::function<int()>& work) {
  int status = 0;
  if (rank_of(comm) != 0) {
    wait_asleep(0, verdict_tag, comm);
    MPI_CHECK(MPI_Recv(&status, 1, MPI_INT, 0, verdict_tag, comm, MPI_STATUS_IGNORE));
    return status;
  }
  status = work();
  std::fflush(stdout);
  for (int other = 1; other < ranks_of(comm); ++other)
    MPI_CHECK(MPI_Send(&status, 1, MPI_INT, other, verdict_tag, comm));
  return status;
}

int compare_with_serial_run(const TrainOptions& options, const Dataset& train, std::span<const float> weights,
                            double parallel_seconds, Agreement agreement, double bound, MPI_Comm comm) {
  if (options.epochs == 0) return 0;
  return on_rank_0(comm, [&] {
    const SerialRun serial = run_serially(options, train);
    const bool agrees = print_agreement(serial, weights, agreement, bound);
    if (parallel_seconds > 0)
      std::printf("serial run: %.2f s; %d ranks: %.2f s; speedup %.2f, efficiency %.0f %%\n", serial.seconds, ranks_of(comm),
                  parallel_seconds, serial.seconds / parallel_seconds,
                  100 * serial.seconds / parallel_seconds / ranks_of(comm));
    return agrees ? 0 : 1;
  });
}

int tell_distance_to_serial(const TrainOptions& o, bool same_order, int ranks, const Dataset& train,
                            std::span<const float> weights, double seconds, const RateScale& scale) {
  const SerialRun serial = run_serially(o, train, scale);
  const Distance distance = compare(weights, serial.weights, serial.initial);
  if (seconds > 0)
    std::printf("serial run on rank 0: %.2f s; speedup %.2f on %d rank%s, efficiency %.0f %%\n", serial.seconds,
                serial.seconds / seconds, ranks, ranks == 1 ? "" : "s", 100 * serial.seconds / seconds / ranks);
  std::cout << "distance to the serial run:       " << distance << std::endl;
  if (same_order) {
    std::cout << (distance.same_bits() ? "the same bits" : "WRONG: the bits must be the same") << std::endl;
    return distance.same_bits() ? 0 : 1;
  }
  // The same sums in another order: this far two correct programs may be apart.
  TrainOptions other = o;
  other.micro_batches = o.micro_batches == 1 ? 3 : 1;
  const SerialRun reordered = run_serially(other, train, scale);
  const Distance yardstick = compare(reordered.weights, serial.weights, serial.initial);
  // By the norm: the largest difference of one weight is a matter of luck, with Adam most of all, which divides by small numbers.
  const bool good = distance.relative <= 10 * yardstick.relative;  // false for NaN
  std::cout << "of serial to serial, reordered:   " << yardstick << "\n"
            << (good ? "within ten times what another order of sums does"
                     : "WRONG: more than ten times what another order of sums does")
            << std::endl;
  return good ? 0 : 1;
}
