// Trains a multilayer perceptron on MNIST: several processes, each with some of the layers.
//
// This is chapter 01's file with a handful of lines changed: `make diff-08` shows them.
// Run: make 08 RANKS=2 ARGS="--schedule gpipe --micro-batches 8"
#include "chapters/01_serial/head.h"
#include "chapters/01_serial/mlp.h"
#include "chapters/01_serial/optimizer.h"
#include "chapters/03_fast_kernels/make_device.h"
#include "chapters/08_layer_splitting/pipeline_report.h"
#include "common/mpi/session.h"

int train_layers(MpiSession& mpi, int argc, char** argv) {
  PipelineOptions o(mpi.size());
  Options options("Trains a multilayer perceptron on MNIST, its layers divided over processes.");
  o.declare(options);
  if (!options.parse(argc, argv, mpi.rank() != 0)) return 0;

  Dataset train = read_mnist_train(o.data);
  const Dataset test = read_mnist_test(o.data, train);
  o.apply(train);

  const std::unique_ptr<Device> device = make_device(o.device, mpi.node_rank());
  const StageLayout layout = o.layout(o.sizes(train), mpi.rank());
  const Buffer parameters(*device, layout.count, Purpose::parameters);
  const Buffer gradients(*device, layout.count, Purpose::gradients);
  std::vector<float> weights(layout.count);
  initialize(weights.data(), layout, o.seed);
  device->copy_in(parameters.data(), weights.data(), layout.count);

  Pipeline pipeline(*device, o.make_schedule(), layout, parameters, gradients, o.largest_micro_batch(), MPI_COMM_WORLD, o.exchange);
  Optimizer optimizer(*device, o.optimizer, layout.count);
  PipelineReport report(o, train, pipeline);

  for (int epoch = 0; epoch < o.epochs; ++epoch) {
    const std::vector<uint32_t> order = permutation(o.seed, epoch, train.count);
    for (const Range batch : batches(train.count, o.batch)) {
      const double loss = pipeline.step(train, order, batch);
      optimizer.step(parameters, gradients);
      report.step(loss, batch.size());
    }
    report.epoch(epoch, pipeline.count_correct(test), test.count);
  }

  device->copy_out(weights.data(), parameters.data(), layout.count);
  return report.end(weights);
}

int main(int argc, char** argv) { return run_with_mpi(argc, argv, train_layers); }
