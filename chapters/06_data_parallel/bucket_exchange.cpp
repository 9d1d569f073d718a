#include "chapters/06_data_parallel/bucket_exchange.h"

#include "chapters/06_data_parallel/buckets.h"
#include "common/error.h"
#include "common/mpi/session.h"
#include "common/timer.h"

BucketExchange::BucketExchange(const DataParallelOptions& options, size_t samples, Mlp& mlp, float* gradients,
                               MPI_Comm comm)
    : Exchange(options, samples, mlp, gradients, comm),
      buckets_(make_buckets(mlp.layout().count, size_t(options.bucket_kib) * 1024 / sizeof(float))),
      allreduce_(find_allreduce(options.allreduce)) {
  if (!options.overlap) return;
  if (buckets_.size() > 10000)
    throw Error("--bucket-kib: " + std::to_string(buckets_.size()) + " pieces are too many, 10000 is the most");
  MPI_CHECK(MPI_Comm_dup(comm, &background_comm_));
  mlp.hooks.after_backward = [this](int layer, int) { after_layer(layer); };
}

BucketExchange::~BucketExchange() {
  if (background_comm_ != MPI_COMM_NULL) MPI_Comm_free(&background_comm_);
  mlp_.hooks.after_backward = nullptr;
  device_.meanwhile = {};
}

Range BucketExchange::my_rows(Range batch, int m) const {
  return share(share(batch, size_t(options_.micro_batches), size_t(m)), size_t(ranks_), size_t(rank_));
}

Range BucketExchange::begin(Range batch, int m) {
  const Range rows = my_rows(batch, m);
  bool later = false;
  for (int other = m + 1; other < options_.micro_batches; ++other) later = later || !my_rows(batch, other).empty();
  if (m == 0) {
    copied_ = posted_ = 0;
    // A rank without rows adds nothing. -0 is the float that adds nothing: 0 + -0 would turn another rank's -0 into 0.
    if (rows.empty() && !later) device_.fill(gradients_, -0.0f, mlp_.layout().count);
  }
  last_micro_batch_ = !rows.empty() && !later;
  return rows;
}

// Backward has finished `layer` and all layers behind it.
void BucketExchange::after_layer(int layer) {
  if (!last_micro_batch_) return;  // gradients are still being accumulated
  post_copied();
  begin_copies(mlp_.layout().layers[size_t(layer)].range().first);
  // Copies from a GPU take a while: they are looked at again after the next layer, not waited for.
  if (view() == gradients_) post_copied();
  progress();
  device_.meanwhile = [this] { progress(); };  // until wait_for_all: while the next layer's products are computed
}

void BucketExchange::progress() {
  const Timer timer;
  for (const auto& allreduce : under_way_) allreduce->progress();
  time_.exchanging += timer.seconds();
}

// Elements from `ready` on are final: buckets that lie there may leave.
void BucketExchange::begin_copies(size_t ready) {
  for (; copied_ < buckets_.size() && buckets_[copied_].first >= ready; ++copied_)
    device_.begin_copy_out(gradients_ + buckets_[copied_].first, buckets_[copied_].size());
}

void BucketExchange::post_copied() {
  for (; posted_ < copied_; ++posted_) {
    const Range bucket = buckets_[posted_];
    Timer timer;
    device_.end_copy_out(gradients_ + bucket.first, bucket.size());
    time_.copying += timer.seconds();
    timer.restart();
    under_way_.push_back(
        begin_allreduce(options_.allreduce, view() + bucket.first, bucket.size(), int(posted_), background_comm_));
    time_.exchanging += timer.seconds();
  }
}

double BucketExchange::sum_over_ranks(double loss) {
  begin_copies(0);  // also on a rank without rows, whose backward never ran
  if (options_.overlap) wait_for_all();
  else sum_in_turn();

  Timer timer;
  for (const Range bucket : buckets_) device_.end_copy_in(gradients_ + bucket.first, bucket.size());
  time_.copying += timer.seconds();
  timer.restart();
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &loss, 1, MPI_DOUBLE, MPI_SUM, comm_));
  time_.exchanging += timer.seconds();
  return loss;
}

void BucketExchange::sum_in_turn() {
  for (const Range bucket : buckets_) {
    Timer timer;
    device_.end_copy_out(gradients_ + bucket.first, bucket.size());
    time_.copying += timer.seconds();
    timer.restart();
    float* part = view() + bucket.first;
    allreduce_.function(part, part, bucket.size(), comm_);
    time_.exchanging += timer.seconds();
    device_.begin_copy_in(gradients_ + bucket.first, bucket.size());
  }
}

void BucketExchange::wait_for_all() {
  device_.meanwhile = {};
  post_copied();
  for (size_t b = 0; b < buckets_.size(); ++b) {
    const Timer timer;
    under_way_[b]->wait();
    time_.exchanging += timer.seconds();
    device_.begin_copy_in(gradients_ + buckets_[b].first, buckets_[b].size());
  }
  under_way_.clear();
}
