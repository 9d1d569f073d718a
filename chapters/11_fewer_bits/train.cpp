// Data-parallel training in fewer bits: chapter 06's program, with a precision.  Run: make 11 ARGS="--precision bf16"
#include "chapters/01_serial/head.h"
#include "chapters/01_serial/mlp.h"
#include "chapters/01_serial/optimizer.h"
#include "chapters/06_data_parallel/data_parallel.h"
#include "chapters/11_fewer_bits/fewer_bits.h"

int train_on_all_ranks(MpiSession& mpi, int argc, char** argv) {
  FewerBitsOptions o(mpi.size());
  Options options("Trains a multilayer perceptron on MNIST, on several ranks, in numbers of 32 or 16 bits.");
  o.declare(options);
  if (!options.parse(argc, argv, mpi.rank() != 0)) return 0;

  Dataset train = read_mnist_train(o.data);
  const Dataset test = read_mnist_test(o.data, train);
  o.apply(train);

  const std::unique_ptr<Device> device = o.make_device(o.device, mpi.node_rank());
  const Layout layout = make_layout(o.sizes(train));
  const Buffer parameters(*device, layout.count, Purpose::parameters);
  const GradientMemory gradients(*device, layout.count, o.allreduce);
  std::vector<float> weights(layout.count);
  initialize(weights.data(), layout, o.seed);
  device->copy_in(parameters.data(), weights.data(), layout.count);

  const Space space{.rows = o.largest_micro_batch()};
  Mlp mlp(*device, layout, parameters, gradients, space);
  SoftmaxHead head(*device, space);
  Optimizer optimizer(*device, o.optimizer, layout.count);
  LossScale scale(o.loss_scale);
  StoredWeights stored(o.weights, o.format(), parameters, layout.count, o.seed);
  const std::unique_ptr<Exchange> exchange = make_exchange(o, train.count, mlp, head, gradients);
  FewerBitsReport report(o, train, *exchange);

  for (int epoch = 0; epoch < o.epochs; ++epoch) {
    const std::vector<uint32_t> order = permutation(o.seed, epoch, train.count);
    for (const Range batch : batches(train.count, o.batch)) {
      double loss = 0;
      Write write = Write::overwrite;
      for (int m = 0; m < o.micro_batches; ++m) {
        const Range rows = exchange->begin(batch, m);
        if (rows.empty()) continue;
        load_images(mlp, train, order, rows);
        head.load_labels(train, order, rows);
        mlp.forward(rows.size());
        head.backward(mlp, batch.size());
        scale.scale(mlp);
        mlp.backward(write);
        loss += head.loss(mlp, batch.size());
        write = Write::accumulate;
      }
      loss = exchange->finish(loss, scale.value());
      if (scale.unscale(*device, gradients, layout.count)) {
        optimizer.step(parameters, gradients, exchange->rate_scale());
        stored.round(gradients);
      }
      report.step(loss, batch.size());
    }
    report.epoch(epoch, count_correct_together(mlp, test), test.count);
  }

  device->copy_out(weights.data(), parameters.data(), layout.count);
  return report.end(weights, scale, stored, *device);
}
int main(int argc, char** argv) { return run_with_mpi(argc, argv, train_on_all_ranks); }
