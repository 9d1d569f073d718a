// Trains a multilayer perceptron on MNIST on a grid of processes that are simulated: real bits, and the time of a cluster.
//
// This is chapter 10's loop, inside of a function that every simulated rank runs. All ranks are in this one process: no mpiexec.
// Run: make 13 ARGS="--replicas 4 --pipeline 2 --tensor 2 --cluster ethernet --epochs 1"
#include "chapters/05_collectives/messages.h"
#include "chapters/13_scaling/modelled_device.h"
#include "chapters/13_scaling/simulated_training.h"

int main(int argc, char** argv) try {
  SimulatedTraining o;
  Options options(
      "Trains a multilayer perceptron on MNIST, on the ranks of a simulated cluster, all in one process.");
  o.declare(options);
  if (!options.parse(argc, argv)) return 0;

  Dataset train = read_mnist_train(o.data);
  const Dataset test = read_mnist_test(o.data, train);
  o.apply(train);
  const Cluster cluster = o.load();
  TrainReport report(o, train);
  std::vector<float> weights;

  const auto program = [&] {
    ModelledDevice device(cluster, Contents::real);
    const Grid grid(o.grid, MPI_COMM_WORLD);
    HybridModel model(device, grid, o.settings(train));
    model.initialize(uint64_t(o.seed));
    const bool speaks = rank_of(MPI_COMM_WORLD) == 0;
    for (int epoch = 0; epoch < o.epochs; ++epoch) {
      const double begin = virtual_time();
      const std::vector<uint32_t> order = permutation(o.seed, epoch, train.count);
      for (const Range batch : batches(train.count, o.batch)) {
        const auto [loss, signal] = model.step(train, order, batch);
        if (speaks) report.step(loss, batch.size());
      }
      if (speaks) o.seconds += virtual_time() - begin;
      const size_t correct = model.count_correct(test);
      if (speaks) report.epoch(epoch, correct, test.count);
    }
    const std::vector<float> mine = model.weights();
    if (speaks) weights = mine;
  };
  const Simulated simulated = simulate(cluster, o.grid.ranks(), program, o.trace);
  report.end(weights);
  return o.tell(simulated, train, weights);
} catch (const Error& error) {
  return fail(error);
}
