// Data-parallel training: chapter 01's program on several ranks.  Run: make 06 RANKS=4, or .../train --help
#include "chapters/01_serial/head.h"
#include "chapters/01_serial/mlp.h"
#include "chapters/01_serial/optimizer.h"
#include "chapters/06_data_parallel/data_parallel.h"

int train_on_all_ranks(MpiSession& mpi, int argc, char** argv) {
  DataParallelOptions o(mpi.size());
  Options options("Trains a multilayer perceptron on MNIST, on several ranks, each with a share of every batch.");
  o.declare(options);
  if (!options.parse(argc, argv, mpi.rank() != 0)) return 0;

  Dataset train = read_mnist_train(o.data);
  const Dataset test = read_mnist_test(o.data, train);
  o.apply(train);

  const std::unique_ptr<Device> device = make_device(o.device, mpi.node_rank());
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
  const std::unique_ptr<Exchange> exchange = make_exchange(o, train.count, mlp, head, gradients);
  DataParallelReport report(o, train, *exchange);

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
        mlp.backward(write);
        loss += head.loss(mlp, batch.size());
        write = Write::accumulate;
      }
      loss = exchange->finish(loss);
      optimizer.step(parameters, gradients, exchange->rate_scale());
      report.step(loss, batch.size());
    }
    report.epoch(epoch, count_correct_together(mlp, test), test.count);
  }

  device->copy_out(weights.data(), parameters.data(), layout.count);
  return report.end(weights);
}
int main(int argc, char** argv) { return run_with_mpi(argc, argv, train_on_all_ranks); }
