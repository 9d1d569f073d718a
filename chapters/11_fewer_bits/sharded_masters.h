// Chapter 07's sharded optimizer in fewer bits. Every rank has all weights as products read them, of 16 bits; the float masters and
// the optimizer's state it has of its own shard alone. Gradients travel to their owners as bf16, new weights to all as bf16.
#pragma once

#include <mpi.h>

#include "chapters/01_serial/optimizer.h"
#include "chapters/11_fewer_bits/loss_scale.h"
#include "chapters/11_fewer_bits/sixteen_bit_sum.h"

class ShardedMasters {
 public:
  // parameters (mlp.layout().count), the same on all ranks: the masters are taken from them, then they are rounded. gradients
  // (the same count).  Collective over comm, as step.
  ShardedMasters(Mlp& mlp, float* parameters, float* gradients, const OptimizerOptions& optimizer, MPI_Comm comm);

  // From the gradients of this rank's rows, which were scaled, to new weights on all ranks, and to the next scale. Returns the sum of the
  // losses. Each rank sees the sums of its shard only, so one number rides on the loss: how many ranks found theirs not finite.
  double step(double loss, LossScale& scale);

  size_t sent() const { return sent_; }     // bytes, by this rank, in the last step
  Range shard() const { return shard_; }    // of the flat vectors
  const float* masters() const { return masters_; }  // (shard().size())

 private:
  Device& device_;
  size_t n_;
  float *parameters_, *gradients_;
  MPI_Comm comm_;
  Range shard_;
  Buffer<> masters_, sums_;
  Optimizer optimizer_;
  size_t sent_ = 0;
};
