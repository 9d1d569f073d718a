#include "chapters/06_data_parallel/mpi_exchange.h"

#include <algorithm>

#include "chapters/04_point_to_point/device_transfer.h"
#include "chapters/05_collectives/blocks.h"
#include "chapters/05_collectives/collectives.h"
#include "chapters/05_collectives/messages.h"
#include "common/error.h"
#include "common/mpi/session.h"
#include "common/timer.h"

MpiExchange::MpiExchange(const DataParallelOptions& options, size_t samples, Mlp& mlp, float* gradients, MPI_Comm comm)
    : BucketExchange(options, samples, mlp, gradients, comm) {
  const GpuSupport support = mpi_gpu_support();
  int all = options.device == "cuda" && support.direct;
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &all, 1, MPI_INT, MPI_MIN, comm));
  if (!all) throw Error("--exchange mpi: MPI takes no pointers into a GPU's memory (" + support.reason + ")");
  size_t longest = 0;
  for (const Range bucket : buckets_) longest = std::max(longest, Blocks{bucket.size(), ranks_}.longest());
  operands_ = Buffer(device_, size_t(ranks_ - 1) * longest, Purpose::exchange);
}

// What `rank` has for this rank's block.
float* MpiExchange::operand(int rank, Range bucket) const {
  const Blocks blocks{bucket.size(), ranks_};
  if (rank == rank_) return gradients_ + bucket.first + blocks.begin(rank_);
  return operands_ + size_t(rank < rank_ ? rank : rank - 1) * blocks.longest();
}

double MpiExchange::sum_over_ranks(double loss) {
  const Timer timer;
  device_.synchronize();  // the gradients are there
  for (const Range bucket : buckets_) add_in_rank_order(bucket);
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &loss, 1, MPI_DOUBLE, MPI_SUM, comm_));
  time_.exchanging += timer.seconds();
  return loss;
}

// Every rank sends each block straight to its owner, who adds in the order of the ranks and sends the sum to all.
void MpiExchange::add_in_rank_order(Range bucket) {
  const Blocks blocks{bucket.size(), ranks_};
  float *const vector = gradients_ + bucket.first, *const own = operand(rank_, bucket);
  const size_t n = blocks.size(rank_);
  Pending messages;
  for (int r = 0; r < ranks_; ++r)
    if (r != rank_) messages.receive(operand(r, bucket), n, r, comm_);
  for (int step = 1; step < ranks_; ++step) {
    const int to = (rank_ + step) % ranks_;
    messages.send(vector + blocks.begin(to), blocks.size(to), to, comm_);
  }
  messages.wait();

  float* const sum = operand(0, bucket);
  for (int r = 1; r < ranks_; ++r) device_.add(sum, operand(r, bucket), n);
  if (sum != own) device_.copy(own, sum, n);
  device_.synchronize();  // the block is there
  begin_allgather_direct(vector, own, bucket.size(), comm_, messages);
  messages.wait();
}
