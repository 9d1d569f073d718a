// The exchange of --reproducible: the gradient of a step is ((g0 + g1) + g2) + ..., one g for each micro-batch of the
// whole batch, in their order, on whatever number of ranks. That is the sum that chapter 01 computes with the same
// --micro-batches, so the weights are the same, bit for bit.
//
// A rank takes whole micro-batches, neighbours in that order, and keeps their gradients apart: adding its own first and
// the others' later would be (g0 + g1) + (g2 + g3), another sum. Then the running sum travels along the ranks in
// segments, each rank adding its gradients one by one.
//
// Costs: ceil(M / ranks) gradients in memory instead of one; (ranks - 1) messages in a row for each segment; and ranks
// have nothing to do where there are fewer micro-batches than ranks.
#pragma once

#include <vector>

#include "chapters/01_serial/head.h"
#include "chapters/06_data_parallel/exchange.h"

class ReproducibleExchange : public Exchange {
 public:
  ReproducibleExchange(const DataParallelOptions& options, size_t samples, Mlp& mlp, SoftmaxHead& head,
                       float* gradients, MPI_Comm comm);

  Range begin(Range batch, int m) override;

  // The share of its time that an average rank computes where all micro-batches take the same time.
  static double efficiency(int micro_batches, int ranks);

 protected:
  double sum_over_ranks(double loss) override;

 private:
  bool has_rows(int rank) const;
  void note_loss();
  void copy_to_host();
  void add_along_the_ranks();

  SoftmaxHead& head_;
  std::vector<Buffer<>> more_;  // gradients of this rank's second, third, ... micro-batch
  std::vector<float> incoming_;

  // Of this step.
  Range batch_;
  int current_ = -1;             // the micro-batch that was begun last and whose loss was not noted, or -1
  std::vector<float*> kept_;     // gradients of this rank's micro-batches that have rows, in order; first gradients_
  std::vector<double> losses_;   // of all micro-batches, 0 where another rank computes it
};
