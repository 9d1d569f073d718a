// The usual exchange between devices whose memory MPI cannot read: through memory of the host, in chunks of which one is copied while
// another one travels (chapter 04's through_host.h). With overlap buckets do the same, each in a place of its own (bucket_exchange.h).
#pragma once

#include "chapters/04_point_to_point/through_host.h"
#include "chapters/06_data_parallel/bucket_exchange.h"

class HostExchange : public BucketExchange {
 public:
  // For options.fits_chunks().
  HostExchange(const DataParallelOptions& options, size_t samples, Mlp& mlp, float* gradients, MPI_Comm comm);

 protected:
  double sum_over_ranks(double loss) override;

 private:
  std::vector<Range> chunks_;  // of all buckets
  ThroughHost through_host_;
};
