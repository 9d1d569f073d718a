#include "chapters/06_data_parallel/data_parallel_report.h"

#include <array>
#include <cstdio>
#include <iostream>

#include "chapters/02_cuda/make_device.h"
#include "chapters/06_data_parallel/reproducible_exchange.h"
#include "chapters/06_data_parallel/reference_run.h"
#include "chapters/06_data_parallel/sleep_until_all.h"
#include "common/compare.h"
#include "common/mpi/session.h"
#include "common/mpi_guard/trace.h"

namespace {

int rank_in(MPI_Comm comm) {
  int rank;
  MPI_CHECK(MPI_Comm_rank(comm, &rank));
  return rank;
}

}  // namespace

DataParallelReport::DataParallelReport(const DataParallelOptions& o, const Dataset& train, const Exchange& exchange)
    : TrainReport(o, train.count, rank_in(exchange.communicator()) != 0),
      options_(o),
      train_(train),
      exchange_(exchange),
      rank_(rank_in(exchange.communicator())),
      ranks_(o.ranks) {
  trace_begin(o.trace);
  if (rank_ != 0) return;
  std::printf("%d rank%s, ", ranks_, ranks_ == 1 ? "" : "s");
  if (o.reproducible)
    std::printf("reproducible: %lld micro-batches added in order, at most %.0f %% of the ranks busy\n",
                (long long)o.micro_batches, 100 * ReproducibleExchange::efficiency(int(o.micro_batches), ranks_));
  else
    std::printf("allreduce %s, %s%s\n", o.allreduce.c_str(),
                o.bucket_kib > 0 ? (std::to_string(o.bucket_kib) + " KiB at a time").c_str() : "all gradients at once",
                o.overlap ? ", while backward goes on" : "");
}

int DataParallelReport::end(std::span<const float> weights) {
  TrainReport::end(weights);
  exchange_.compare_replicas();
  tell_time();
  if (options_.compare_with_serial) return compare_with_serial(weights);
  if (rank_ == 0) std::printf("distance to the serial run: not measured (--compare-with-serial does)\n");
  return 0;
}

// Shares of the training time: the mean over ranks, and the rank that computed longest, for whom the others wait.
void DataParallelReport::tell_time() const {
  const double total = train_seconds();
  const ExchangeTime time = exchange_.time();
  const std::array<double, 4> mine = {total - time.waiting - time.copying, time.waiting, time.copying, total};
  std::vector<double> all(mine.size() * size_t(ranks_));
  MPI_CHECK(MPI_Gather(mine.data(), int(mine.size()), MPI_DOUBLE, all.data(), int(mine.size()), MPI_DOUBLE, 0,
                       exchange_.communicator()));
  if (rank_ != 0 || !(total > 0)) return;
  std::array<double, 4> sum = {};
  size_t busiest = 0;
  for (size_t rank = 0; rank < size_t(ranks_); ++rank) {
    for (size_t i = 0; i < sum.size(); ++i) sum[i] += all[rank * sum.size() + i];
    if (all[rank * sum.size()] > all[busiest * sum.size()]) busiest = rank;
  }
  std::printf("time: computing %.1f %%, waiting %.1f %%, copying %.1f %%; rank %zu computed longest, %.1f %%\n",
              100 * sum[0] / sum[3], 100 * sum[1] / sum[3], 100 * sum[2] / sum[3], busiest,
              100 * all[busiest * sum.size()] / all[busiest * sum.size() + 3]);
}

int DataParallelReport::compare_with_serial(std::span<const float> weights) const {
  int status = 0;
  if (rank_ == 0) {
    const std::unique_ptr<Device> device = make_device(options_.device, 0);
    const ReferenceRun serial = train_serially(options_, train_, *device);
    // The same sums in another order: this far two correct programs may be apart.
    DataParallelOptions other = options_;
    other.micro_batches = options_.micro_batches == 1 ? 3 : 1;
    const ReferenceRun reordered = train_serially(other, train_, *device);

    const bool same_order = options_.reproducible || ranks_ == 1;
    const Distance distance = compare(weights, serial.weights, serial.initial);
    const Distance yardstick = compare(reordered.weights, serial.weights, serial.initial);
    const double speedup = serial.seconds / train_seconds();
    std::printf("serial run on rank 0: %.2f s; speedup %.2f on %d rank%s, efficiency %.0f %%\n", serial.seconds, speedup,
                ranks_, ranks_ == 1 ? "" : "s", 100 * speedup / ranks_);
    std::cout << "distance to the serial run:       " << distance << "\n"
              << "of serial to serial, reordered:   " << yardstick << std::endl;
    const bool good = same_order ? distance.same_bits() : distance.within(10 * yardstick.max_abs);
    status = good ? 0 : 1;
    std::printf("%s\n", good ? same_order ? "the same bits" : "within ten times what another order of sums does"
                        : same_order ? "WRONG: the bits must be the same"
                                     : "WRONG: more than ten times what another order of sums does");
  }
  std::fflush(stdout);
  sleep_until_all_are_here(exchange_.communicator());
  MPI_CHECK(MPI_Bcast(&status, 1, MPI_INT, 0, exchange_.communicator()));
  return status;
}
