// Trains a multilayer perceptron on MNIST: one process, on a GPU with fast kernels.
//
// The program of chapter 02, and: the next micro-batch is on its way while this one is computed (Prefetch), and a step is
// one launch (StepGraph).
// Run: make 03 DEVICE=cuda, or build/chapters/03_fast_kernels/train --help
#include "chapters/01_serial/head.h"
#include "chapters/01_serial/mlp.h"
#include "chapters/01_serial/optimizer.h"
#include "chapters/01_serial/train_report.h"
#include "chapters/03_fast_kernels/fast_cuda_device.h"
#include "chapters/03_fast_kernels/prefetch.h"
#include "chapters/03_fast_kernels/step_graph.h"

int main(int argc, char** argv) try {
  TrainOptions o;
  Options options("Trains a multilayer perceptron on MNIST, on a CPU or on a GPU.");
  o.declare(options, device_names);
  if (!options.parse(argc, argv)) return 0;

  Dataset train = read_mnist_train(o.data);
  const Dataset test = read_mnist_test(o.data, train);
  o.apply(train);

  const std::unique_ptr<Device> device = make_fast_device(o.device);
  const Layout layout = make_layout(o.sizes(train));
  const Buffer parameters(*device, layout.count, Purpose::parameters);
  const Buffer gradients(*device, layout.count, Purpose::gradients);
  std::vector<float> weights(layout.count);
  initialize(weights.data(), layout, o.seed);
  device->copy_in(parameters.data(), weights.data(), layout.count);

  const Space space{.rows = o.largest_micro_batch(), .slots = 2};
  Mlp mlp(*device, layout, parameters, gradients, space);
  SoftmaxHead head(*device, space);
  Optimizer optimizer(*device, o.optimizer, layout.count);
  StepGraph graph(*device);
  TrainReport report(o, train);

  for (int epoch = 0; epoch < o.epochs; ++epoch) {
    const std::vector<uint32_t> order = permutation(o.seed, epoch, train.count);
    Prefetch prefetch(mlp, head, train, order, micro_batches(train.count, o.batch, o.micro_batches));
    for (const Range batch : batches(train.count, o.batch)) {
      double loss = 0;
      Write write = Write::overwrite;
      for (int m = 0; m < o.micro_batches; ++m) {
        const Range rows = share(batch, o.micro_batches, m);
        if (rows.empty()) continue;
        const int slot = prefetch.take();
        mlp.set_rows(rows.size(), slot);  // a recorded step does not call forward, which would say it
        graph.run({int(rows.size()), batch.size(), write, slot}, [&] {
          mlp.forward(rows.size(), slot);
          head.backward(mlp, batch.size(), slot);
          mlp.backward(write, slot);
        });
        prefetch.gather_ahead();
        loss += head.loss(mlp, batch.size(), slot);  // waits: the device is idle until the next launch
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
