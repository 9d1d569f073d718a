// The usual exchange between GPUs: chapter 05's collectives add the buckets where they are; no gradient is staged in memory of the host.
//
// With overlap a bucket leaves when its layers' kernels are queued, not when they have run. In a peer window events keep the order, and no
// host waits for its GPU. By MPI, which knows no streams, the host waits for those kernels before it sends the bucket.
#pragma once

#include "chapters/02_cuda/gpu_trace.h"
#include "chapters/05_collectives/gpu_collectives.h"
#include "chapters/06_data_parallel/bucket_exchange.h"

class GpuExchange : public BucketExchange {
 public:
  // peer: in a peer window, or by MPI. gradients: the beginning of an allocation of the Mlp's device, for a window. Throws Error, on all
  // ranks, where the device is no GPU, the GPUs cannot reach each other, or MPI does not take their pointers.
  GpuExchange(bool peer, const DataParallelOptions& options, size_t samples, Mlp& mlp, float* gradients, MPI_Comm comm);

  GpuCollectives& collectives() { return *sums_; }
  const char* way() const override { return sums_->way(); }

 protected:
  double sum_over_ranks(double loss) override;

 private:
  void leave(size_t ready);

  std::unique_ptr<GpuCollectives> sums_;
  std::unique_ptr<GpuTrace> trace_;  // with --trace
  size_t gone_ = 0;                  // buckets of this step
};
