// Trains a multilayer perceptron on MNIST: one process, on a GPU with fast kernels.
//
// The program of chapter 02, and: the data set lies on the GPU, a step is one launch, and losses are read late (WholeStep).
// Run: make 03 DEVICE=cuda, or build/chapters/03_fast_kernels/train --help
#include "chapters/01_serial/head.h"
#include "chapters/01_serial/mlp.h"
#include "chapters/01_serial/train_report.h"
#include "chapters/03_fast_kernels/make_device.h"
#include "chapters/03_fast_kernels/whole_step.h"

int main(int argc, char** argv) try {
  TrainOptions o;
  Options options("Trains a multilayer perceptron on MNIST, on a CPU or on a GPU.");
  o.declare(options, device_names);
  if (!options.parse(argc, argv)) return 0;

  Dataset train = read_mnist_train(o.data);
  const Dataset test = read_mnist_test(o.data, train);
  o.apply(train);

  const std::unique_ptr<Device> device = make_device(o.device);
  const Layout layout = make_layout(o.sizes(train));
  const Buffer parameters(*device, layout.count, Purpose::parameters);
  const Buffer gradients(*device, layout.count, Purpose::gradients);
  std::vector<float> weights(layout.count);
  initialize(weights.data(), layout, o.seed);
  device->copy_in(parameters.data(), weights.data(), layout.count);

  Mlp mlp(*device, layout, parameters, gradients, {.rows = o.largest_micro_batch()});
  WholeStep step(mlp, train, o.optimizer, parameters, gradients, int(o.micro_batches));
  TrainReport report(o, train);

  for (int epoch = 0; epoch < o.epochs; ++epoch) {
    const std::vector<uint32_t> order = permutation(o.seed, epoch, train.count);
    step.begin_epoch(order, o.batch);
    for (const Range batch : batches(train.count, o.batch)) {
      step.run(batch);
      if (step.unread() < 50 && batch.last < train.count) continue;
      for (const auto& [loss, rows] : step.losses()) report.step(loss, rows);  // waits for all of them
    }
    report.epoch(epoch, count_correct(mlp, test, {0, test.count}), test.count);
  }

  device->copy_out(weights.data(), parameters.data(), layout.count);
  report.end(weights);
} catch (const Error& error) {
  return fail(error);
}
