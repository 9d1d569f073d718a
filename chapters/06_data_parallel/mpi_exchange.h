// The usual exchange, with an MPI that takes pointers into a GPU's memory: nothing is staged in memory of the host by us, and the GPU
// adds. How a message travels (NVLink, PCIe, the network card) is MPI's choice; other nodes are reached as well.
//
// MPI knows no streams: the host must wait for its GPU before it hands a vector to MPI. So this way does not overlap with backward.
#pragma once

#include "chapters/06_data_parallel/bucket_exchange.h"

class MpiExchange : public BucketExchange {
 public:
  // Throws Error, on all ranks, where the MPI of one of them does not take such pointers, or its device is no GPU.
  MpiExchange(const DataParallelOptions& options, size_t samples, Mlp& mlp, float* gradients, MPI_Comm comm);

  const char* way() const override { return ", by MPI from the GPU's memory"; }

 protected:
  double sum_over_ranks(double loss) override;

 private:
  float* operand(int rank, Range bucket) const;
  void add_in_rank_order(Range bucket);

  Buffer<> operands_;  // (ranks - 1, longest block of a bucket): what the others have for the block of this rank
};
