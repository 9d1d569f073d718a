// Trains a multilayer perceptron on MNIST: one process, on a CPU or on a GPU.
//
// The program of chapter 01; only the device is another one.
// Run: make 02 DEVICE=cuda, or build/chapters/02_cuda/train --help
#include "chapters/01_serial/head.h"
#include "chapters/01_serial/mlp.h"
#include "chapters/01_serial/optimizer.h"
#include "chapters/01_serial/train_report.h"
#include "chapters/02_cuda/make_device.h"

int main(int argc, char** argv) try {
  TrainOptions o;
  Options options("Trains a multilayer perceptron on MNIST, on a CPU or on a GPU.");
  o.declare(options, device_names);
  if (!options.parse(argc, argv)) return 0;

  Dataset train = read_mnist_train(o.data);
  const Dataset test = read_mnist_test(o.data, train);
  o.apply(train);

  const std::unique_ptr<Device> device = plain::make_device(o.device);
  const Layout layout = make_layout(o.sizes(train));
  const Buffer parameters(*device, layout.count, Purpose::parameters);
  const Buffer gradients(*device, layout.count, Purpose::gradients);
  std::vector<float> weights(layout.count);
  initialize(weights.data(), layout, o.seed);
  device->copy_in(parameters.data(), weights.data(), layout.count);

  const Space space{.rows = o.largest_micro_batch()};
  Mlp mlp(*device, layout, parameters, gradients, space);
  SoftmaxHead head(*device, space);
  Optimizer optimizer(*device, o.optimizer, layout.count);
  TrainReport report(o, train);

  for (int epoch = 0; epoch < o.epochs; ++epoch) {
    const std::vector<uint32_t> order = permutation(o.seed, epoch, train.count);
    for (const Range batch : batches(train.count, o.batch)) {
      double loss = 0;
      Write write = Write::overwrite;
      for (int m = 0; m < o.micro_batches; ++m) {
        const Range rows = share(batch, o.micro_batches, m);
        if (rows.empty()) continue;
        load_images(mlp, train, order, rows);
        head.load_labels(train, order, rows);
        mlp.forward(rows.size());
        head.backward(mlp, batch.size());
        mlp.backward(write);
        loss += head.loss(mlp, batch.size());
        write = Write::accumulate;
      }
      optimizer.step(parameters, gradients);
      report.step(loss, batch.size());
    }
    report.epoch(epoch, count_correct(mlp, test, {0, test.count}), test.count);
  }

  device->copy_out(weights.data(), parameters.data(), layout.count);
  report.end(weights);
} catch (const Error& error) {
  return fail(error);
}
