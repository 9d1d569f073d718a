#include "chapters/06_data_parallel/reproducible_exchange.h"

#include <algorithm>

#include "chapters/05_collectives/add.h"
#include "chapters/05_collectives/collectives.h"
#include "common/mpi/session.h"
#include "common/timer.h"

namespace {

constexpr int running_sum_tag = 606;

}  // namespace

ReproducibleExchange::ReproducibleExchange(const DataParallelOptions& options, size_t samples, Mlp& mlp,
                                           SoftmaxHead& head, float* gradients, MPI_Comm comm)
    : Exchange(options, samples, mlp, gradients, comm), head_(head), incoming_(chain_segment) {
  const size_t mine = share(size_t(options.micro_batches), size_t(ranks_), size_t(rank_)).size();
  for (size_t i = 1; i < mine; ++i) more_.emplace_back(device_, mlp.layout().count, Purpose::gradients);
}

double ReproducibleExchange::efficiency(int micro_batches, int ranks) {
  const int longest = (micro_batches + ranks - 1) / ranks;
  return double(micro_batches) / (double(ranks) * longest);
}

Range ReproducibleExchange::begin(Range batch, int m) {
  note_loss();
  if (m == 0) {
    batch_ = batch;
    kept_.clear();
    losses_.assign(size_t(options_.micro_batches), 0.0);
  }
  const Range mine = share(size_t(options_.micro_batches), size_t(ranks_), size_t(rank_));
  const Range rows = share(batch, size_t(options_.micro_batches), size_t(m));
  if (size_t(m) < mine.first || size_t(m) >= mine.last || rows.empty()) return {rows.first, rows.first};

  float* place = kept_.empty() ? gradients_ : more_[kept_.size() - 1].data();
  for (int l = 0; l < mlp_.depth(); ++l)
    mlp_.place_gradients(l, place + mlp_.layout().layers[size_t(l)].range().first);
  // The training loop will accumulate here. -0 + x is x for every x: the same bits as overwriting.
  device_.fill(place, -0.0f, mlp_.layout().count);
  kept_.push_back(place);
  current_ = m;
  return rows;
}

// The training loop adds this rank's losses up; here each one is needed by itself.
void ReproducibleExchange::note_loss() {
  if (current_ >= 0) losses_[size_t(current_)] = head_.loss(mlp_, batch_.size());
  current_ = -1;
}

bool ReproducibleExchange::has_rows(int rank) const {
  const Range micro_batches = share(size_t(options_.micro_batches), size_t(ranks_), size_t(rank));
  for (size_t m = micro_batches.first; m < micro_batches.last; ++m)
    if (!share(batch_, size_t(options_.micro_batches), m).empty()) return true;
  return false;
}

double ReproducibleExchange::sum_over_ranks(double) {
  note_loss();
  // A rank without rows has waited for nothing in this step: the last step's copy may still be reading the view.
  if (kept_.empty()) device_.synchronize();
  copy_to_host();
  Timer timer;
  add_along_the_ranks();
  // Each loss was computed by one rank, and the others add zeros: any order of that sum is exact.
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, losses_.data(), int(losses_.size()), MPI_DOUBLE, MPI_SUM, comm_));
  time_.exchanging += timer.seconds();

  timer.restart();
  device_.begin_copy_in(gradients_, mlp_.layout().count);
  device_.end_copy_in(gradients_, mlp_.layout().count);
  time_.copying += timer.seconds();
  double loss = 0;
  for (double part : losses_) loss += part;
  return loss;
}

void ReproducibleExchange::copy_to_host() {
  const Timer timer;
  for (float* gradients : kept_) device_.begin_copy_out(gradients, mlp_.layout().count);
  for (float*& gradients : kept_) {
    device_.end_copy_out(gradients, mlp_.layout().count);
    gradients = device_.host_view(gradients, mlp_.layout().count);
  }
  time_.copying += timer.seconds();
}

// The view = the sum so far, coming from the rank before, plus this rank's gradients, one after the other; then to the
// next. Ranks without rows are left out. The last one has the sum and broadcasts it.
void ReproducibleExchange::add_along_the_ranks() {
  int before = rank_ - 1, next = rank_ + 1, last = ranks_ - 1;
  while (before >= 0 && !has_rows(before)) --before;
  while (next < ranks_ && !has_rows(next)) ++next;
  while (last > 0 && !has_rows(last)) --last;

  const size_t n = mlp_.layout().count;
  std::vector<MPI_Request> sends;
  for (size_t first = 0; first < n && !kept_.empty(); first += chain_segment) {
    const size_t length = std::min(chain_segment, n - first);
    float* sum = kept_[0] + first;
    if (before >= 0) {
      MPI_CHECK(MPI_Recv(incoming_.data(), int(length), MPI_FLOAT, before, running_sum_tag, comm_, MPI_STATUS_IGNORE));
      add(sum, incoming_.data(), sum, length);
    }
    for (size_t i = 1; i < kept_.size(); ++i) add(sum, sum, kept_[i] + first, length);
    if (next == ranks_) continue;
    sends.emplace_back();
    MPI_CHECK(MPI_Isend(sum, int(length), MPI_FLOAT, next, running_sum_tag, comm_, &sends.back()));
  }
  MPI_CHECK(MPI_Waitall(int(sends.size()), sends.data(), MPI_STATUSES_IGNORE));
  broadcast_chain(view(), n, last, comm_);
}
