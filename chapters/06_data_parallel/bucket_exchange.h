// The usual exchange: every rank takes a share of each micro-batch's rows, and an allreduce adds the gradients.
//
// The flat vector of gradients is cut into buckets. With overlap a bucket leaves as soon as backward has finished all
// layers in it, and travels while backward goes on with the layers before.
#pragma once

#include <vector>

#include "chapters/05_collectives/table.h"
#include "chapters/06_data_parallel/background_allreduce.h"
#include "chapters/06_data_parallel/exchange.h"

class BucketExchange : public Exchange {
 public:
  BucketExchange(const DataParallelOptions& options, size_t samples, Mlp& mlp, float* gradients, MPI_Comm comm);
  ~BucketExchange() override;

  Range begin(Range batch, int m) override;

 protected:
  double sum_over_ranks(double loss) override;

  std::vector<Range> buckets_;  // the first to leave first
  bool last_micro_batch_ = false;
  const Named<Allreduce>& allreduce_;

 private:
  Range my_rows(Range batch, int m) const;
  void after_layer(int layer);
  void progress();
  void begin_copies(size_t ready);
  void post_copied();
  void sum_in_turn();
  void wait_for_all();

  MPI_Comm background_comm_ = MPI_COMM_NULL;

  // Of this step. Buckets [0, copied_) are on their way to where MPI can read them, [0, posted_) are in MPI.
  size_t copied_ = 0, posted_ = 0;
  std::vector<std::unique_ptr<BackgroundAllreduce>> under_way_;
};
