// Trains a multilayer perceptron on MNIST on a grid of processes: data x pipeline x tensor.
//
// Chapter 01's file; network, head and optimizer are one object here, the HybridModel: `make diff-10` shows it.
// Run: make 10 RANKS=4 ARGS="--replicas 2 --pipeline 2"
#include "chapters/03_fast_kernels/make_device.h"
#include "chapters/10_hybrid/hybrid_report.h"
#include "common/mpi/session.h"

int train_on_a_grid(MpiSession& mpi, int argc, char** argv) {
  HybridOptions o(mpi.size());
  Options options("Trains a multilayer perceptron on MNIST, on a grid of ranks that is chosen or given.");
  o.declare(options);
  if (!options.parse(argc, argv, mpi.rank() != 0)) return 0;

  Dataset train = read_mnist_train(o.data);
  const Dataset test = read_mnist_test(o.data, train);
  o.apply(train, mpi.node_size(), mpi.node_rank());

  const std::unique_ptr<Device> device = make_device(o.device, mpi.node_rank());
  const Grid grid(o.grid, MPI_COMM_WORLD);
  HybridModel model(*device, grid, o.settings());
  model.initialize(uint64_t(o.seed));
  HybridReport report(o, train, model);

  for (int epoch = 0; epoch < o.epochs; ++epoch) {
    const std::vector<uint32_t> order = permutation(o.seed, epoch, train.count);
    for (const Range batch : batches(train.count, size_t(o.batch))) {
      const double loss = model.step(train, order, batch).loss;
      report.step(loss, batch.size());
    }
    report.epoch(epoch, model.count_correct(test), test.count);
  }

  return report.end();
}

int main(int argc, char** argv) { return run_with_mpi(argc, argv, train_on_a_grid); }
