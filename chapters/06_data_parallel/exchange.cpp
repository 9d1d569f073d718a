#include "chapters/06_data_parallel/exchange.h"

#include "chapters/01_serial/gradient_norm.h"
#include "chapters/06_data_parallel/gpu_exchange.h"
#include "chapters/06_data_parallel/host_exchange.h"
#include "chapters/06_data_parallel/replicas.h"
#include "chapters/06_data_parallel/reproducible_exchange.h"
#include "chapters/06_data_parallel/trace_layers.h"
#include "common/mpi/session.h"

Exchange::Exchange(const DataParallelOptions& options, size_t samples, Mlp& mlp, float* gradients, MPI_Comm comm)
    : options_(options),
      mlp_(mlp),
      device_(mlp.device()),
      gradients_(gradients),
      comm_(comm),
      steps_per_epoch_(batches(samples, size_t(options.batch)).size()) {
  MPI_CHECK(MPI_Comm_rank(comm, &rank_));
  MPI_CHECK(MPI_Comm_size(comm, &ranks_));
}

double Exchange::finish(double loss, double loss_scale) {
  const double sum = sum_over_ranks(loss);  // first: others may wait for this rank in their backward
  const size_t watch = size_t(options_.watch);
  if (watch > 0 && steps_ % watch == 0) compare_replicas();
  ++steps_;
  clip_gradient(device_, gradients_, mlp_.layout().count, options_.optimizer.clip_norm * loss_scale);
  return sum;
}

void Exchange::compare_replicas() const {
  std::vector<float> weights(mlp_.layout().count);
  device_.copy_out(weights.data(), mlp_.parameters(0), weights.size());
  require_equal_replicas(weights, steps_, comm_);
}

std::unique_ptr<Exchange> make_exchange(const DataParallelOptions& options, size_t samples, Mlp& mlp, SoftmaxHead& head,
                                        float* gradients, MPI_Comm comm) {
  std::unique_ptr<Exchange> exchange;
  if (options.reproducible) exchange = std::make_unique<ReproducibleExchange>(options, samples, mlp, head, gradients, comm);
  if (options.fits_gpus())
    open_between_gpus(options.exchange, "gradients go", [&](bool peer) {
      exchange = std::make_unique<GpuExchange>(peer, options, samples, mlp, gradients, comm);
    });
  if (!exchange) {
    if (options.fits_chunks()) exchange = std::make_unique<HostExchange>(options, samples, mlp, gradients, comm);
    else exchange = std::make_unique<BucketExchange>(options, samples, mlp, gradients, comm);
  }
  if (!options.trace.empty()) trace_layers(mlp, trace_of_gpu(mlp.device()));
  return exchange;
}
