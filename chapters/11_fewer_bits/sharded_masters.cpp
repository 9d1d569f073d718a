#include "chapters/11_fewer_bits/sharded_masters.h"

#include "common/mpi/session.h"

ShardedMasters::ShardedMasters(Mlp& mlp, float* parameters, float* gradients, const OptimizerOptions& optimizer, MPI_Comm comm)
    : device_(mlp.device()),
      n_(mlp.layout().count),
      parameters_(parameters),
      gradients_(gradients),
      comm_(comm),
      shard_(share(n_, size_t(ranks_of(comm)), size_t(rank_of(comm)))),
      masters_(device_, shard_.size(), Purpose::parameters),
      sums_(device_, shard_.size(), Purpose::gradients),
      optimizer_(device_, optimizer, shard_.size()) {
  device_.copy(masters_, parameters + shard_.first, shard_.size());
  allgather_sixteen_bits(parameters_, masters_, n_, sixteen_bits("bf16"), comm_);
}

double ShardedMasters::step(double loss, LossScale& scale) {
  const SixteenBits& bf16 = sixteen_bits("bf16");
  sent_ = reduce_scatter_sixteen_bits(sums_, gradients_, n_, bf16, SumIn::floats, comm_);
  double together[2] = {loss, all_finite(device_, sums_, shard_.size()) ? 0.0 : 1.0};
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, together, 2, MPI_DOUBLE, MPI_SUM, comm_));
  const bool finite = together[1] == 0;  // on all ranks
  if (finite) {
    device_.scale(sums_, float(1 / scale.value()), shard_.size());
    optimizer_.step(masters_, sums_);
    sent_ += allgather_sixteen_bits(parameters_, masters_, n_, bf16, comm_);
  }
  scale.adapt(finite);
  return together[0];
}
