// Trains a multilayer perceptron on MNIST on a grid of processes, and survives whatever ends it. The main job.
//
// This is chapter 10's file with a handful of lines changed: `make diff-12` shows them.
// Run: make train, or make 12 RANKS=4 ARGS="--replicas 2 --pipeline 2 --checkpoint build/mine"
#include <algorithm>
#include "chapters/10_hybrid/hybrid_report.h"
#include "chapters/12_restart/stop_signal.h"
#include "chapters/12_restart/training_run.h"
#include "common/mpi/session.h"

int train_and_survive(MpiSession& mpi, const StopSignal& stop, int argc, char** argv) {
  RestartOptions o(mpi.size());
  Options options("Trains a multilayer perceptron on MNIST, on a grid of ranks, with checkpoints.");
  o.declare(options);
  if (!options.parse(argc, argv, mpi.rank() != 0)) return 0;

  Dataset train = read_mnist_train(o.data);
  const Dataset test = read_mnist_test(o.data, train);
  o.apply(train, mpi.node_size(), mpi.node_rank());
  if (o.plan > 0) return 0;

  const std::unique_ptr<Device> device = o.make_device(o.device, mpi.node_rank());
  const Grid grid(o.grid, MPI_COMM_WORLD);
  HybridModel model(*device, grid, o.settings());
  TrainingRun run(o, model, train);
  HybridReport report(o, train, model, run.steps());

  for (int epoch = run.first_epoch(); epoch < o.epochs; ++epoch) {
    const std::vector<uint32_t> order = permutation(o.seed, epoch, train.count);
    for (const Range batch : run.batches_left(epoch)) {
      const auto [loss, signal] = model.step(train, order, batch, stop.received());
      report.step(loss, batch.size());
      run.step();
      if (signal != 0) return run.stop(signal);
    }
    report.epoch(epoch, model.count_correct(test), test.count);
    run.epoch();
  }

  const int saved = run.end();
  return std::max(saved, report.end());
}

int main(int argc, char** argv) {
  const StopSignal stop;  // also of a signal that comes during the set-up
  MpiSession mpi(argc, argv, MPI_THREAD_FUNNELED);  // a thread writes checkpoints; it makes no MPI call
  return train_and_survive(mpi, stop, argc, argv);
}
