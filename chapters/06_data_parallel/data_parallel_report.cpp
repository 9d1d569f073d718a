#include "chapters/06_data_parallel/data_parallel_report.h"

#include <array>
#include <cstdio>

#include "chapters/04_point_to_point/serial_run.h"
#include "chapters/06_data_parallel/reproducible_exchange.h"
#include "common/mpi/session.h"
#include "common/mpi_guard/trace.h"

DataParallelReport::DataParallelReport(const DataParallelOptions& o, const Dataset& train, const Exchange& exchange)
    : TrainReport(o, train, rank_of(exchange.communicator()) != 0),
      options_(o),
      train_(train),
      exchange_(exchange),
      rank_(rank_of(exchange.communicator())),
      ranks_(o.ranks) {
  trace_begin(o.trace);
  if (rank_ != 0) return;
  std::printf("%d rank%s, ", ranks_, ranks_ == 1 ? "" : "s");
  if (o.reproducible)
    std::printf("reproducible: %lld micro-batches added in order, at most %.0f %% of the ranks busy\n",
                (long long)o.micro_batches, 100 * ReproducibleExchange::efficiency(int(o.micro_batches), ranks_));
  else
    std::printf("allreduce %s%s, %s%s\n", o.allreduce.c_str(), exchange.way(),
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
  const std::array<double, 4> mine = {total - time.exchanging - time.copying, time.exchanging, time.copying,
                                      total};
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
  std::printf("time: computing %.1f %%, exchanging %.1f %%, copying %.1f %%; rank %zu computed longest, %.1f %%\n",
              100 * sum[0] / sum[3], 100 * sum[1] / sum[3], 100 * sum[2] / sum[3], busiest,
              100 * all[busiest * sum.size()] / all[busiest * sum.size() + 3]);
}

int DataParallelReport::compare_with_serial(std::span<const float> weights) const {
  const bool same_order = options_.reproducible || ranks_ == 1;
  return on_rank_0(exchange_.communicator(), [&] {
    return tell_distance_to_serial(options_, same_order, ranks_, train_, weights, train_seconds(), options_.rates());
  });
}
