// The usual exchange between GPUs of one node: no message carries a gradient, and no host waits for its GPU.
//
// The peer window of chapter 05 adds the buckets where they are. With overlap a bucket leaves on the window's stream when its
// layers' kernels are queued, not when they have run: events keep the order.
#pragma once

#include "chapters/05_collectives/peer_window.h"
#include "chapters/06_data_parallel/bucket_exchange.h"

class PeerExchange : public BucketExchange {
 public:
  // gradients: the beginning of an allocation of the Mlp's device. Throws Error, on all ranks, where the device is no GPU or the
  // GPUs cannot reach each other.
  PeerExchange(const DataParallelOptions& options, size_t samples, Mlp& mlp, float* gradients, MPI_Comm comm);

  PeerWindow& window() { return window_; }
  const char* way() const override { return " from GPU to GPU"; }

 protected:
  double sum_over_ranks(double loss) override;

 private:
  void leave(size_t ready);

  PeerWindow window_;
  size_t gone_ = 0;  // buckets of this step
};
