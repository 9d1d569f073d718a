#include "chapters/11_fewer_bits/sixteen_bit_exchange.h"

#include "common/mpi/session.h"
#include "common/timer.h"

SixteenBitExchange::SixteenBitExchange(const FewerBitsOptions& options, size_t samples, Mlp& mlp, float* gradients, MPI_Comm comm)
    : BucketExchange(options, samples, mlp, gradients, comm),
      sums_(options.messages == "bf16-sums" ? SumIn::sixteen_bits : SumIn::floats) {}

double SixteenBitExchange::sum_over_ranks(double loss) {
  const size_t n = mlp_.layout().count;
  Timer timer;
  device_.begin_copy_out(gradients_, n);
  device_.end_copy_out(gradients_, n);
  time_.copying += timer.seconds();
  timer.restart();
  allreduce_sixteen_bits(view(), n, sixteen_bits("bf16"), sums_, comm_);
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &loss, 1, MPI_DOUBLE, MPI_SUM, comm_));
  time_.exchanging += timer.seconds();
  timer.restart();
  device_.begin_copy_in(gradients_, n);
  device_.end_copy_in(gradients_, n);
  time_.copying += timer.seconds();
  return loss;
}

std::unique_ptr<Exchange> make_exchange(const FewerBitsOptions& o, size_t samples, Mlp& mlp, SoftmaxHead& head, float* gradients,
                                        MPI_Comm comm) {
  if (o.messages == "float") return make_exchange(static_cast<const DataParallelOptions&>(o), samples, mlp, head, gradients, comm);
  return std::make_unique<SixteenBitExchange>(o, samples, mlp, gradients, comm);
}
