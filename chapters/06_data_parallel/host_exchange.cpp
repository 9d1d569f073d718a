#include "chapters/06_data_parallel/host_exchange.h"

#include <algorithm>

#include "common/mpi/session.h"
#include "common/timer.h"

static std::vector<Range> cut(const std::vector<Range>& buckets, size_t most) {
  std::vector<Range> chunks;
  for (const Range bucket : buckets)
    for (size_t first = bucket.first; first < bucket.last; first += most) chunks.push_back({first, std::min(first + most, bucket.last)});
  return chunks;
}

HostExchange::HostExchange(const DataParallelOptions& options, size_t samples, Mlp& mlp, float* gradients, MPI_Comm comm)
    : BucketExchange(options, samples, mlp, gradients, comm),
      chunks_(cut(buckets_, size_t(options.chunk_kib) * 1024 / sizeof(float))),
      through_host_(device_, std::ranges::max(chunks_, {}, &Range::size).size()) {}

double HostExchange::sum_over_ranks(double loss) {
  const Timer all;
  double exchanging = 0;
  through_host_.run(gradients_, chunks_, [&](float* chunk, size_t n) {
    const Timer timer;
    allreduce_.function(chunk, chunk, n, comm_);
    exchanging += timer.seconds();
  });
  time_.copying += all.seconds() - exchanging;
  const Timer timer;
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &loss, 1, MPI_DOUBLE, MPI_SUM, comm_));
  time_.exchanging += exchanging + timer.seconds();
  return loss;
}
