// Tensor-parallel training: chapter 01's program on several ranks, each with a slice of every layer.
// Run: make 09 RANKS=4, or build/chapters/09_tensor_parallel/train --help
#include "chapters/01_serial/mlp.h"
#include "chapters/01_serial/optimizer.h"
#include "chapters/09_tensor_parallel/tensor.h"

int train_on_all_ranks(MpiSession& mpi, int argc, char** argv) {
  TensorOptions o(mpi.rank(), mpi.size());
  Options options("Trains a multilayer perceptron on MNIST, on several ranks, each with a slice of every layer.");
  o.declare(options);
  if (!options.parse(argc, argv, mpi.rank() != 0)) return 0;

  Dataset train = read_mnist_train(o.data);
  const Dataset test = read_mnist_test(o.data, train);
  o.apply(train);

  const std::unique_ptr<Device> device = make_device(o.device, mpi.node_rank());
  const Layout layout = o.layout(train);
  const Buffer parameters(*device, layout.count, Purpose::parameters);
  const Buffer gradients(*device, layout.count, Purpose::gradients);
  std::vector<float> weights(layout.count);
  initialize(weights.data(), layout, o.seed);
  device->copy_in(parameters.data(), weights.data(), layout.count);

  const Space space{.rows = o.largest_micro_batch()};
  Mlp mlp(*device, layout, parameters, gradients, space);
  o.show_layers(mlp);
  TensorParallel tensor(mlp, o.allreduce, MPI_COMM_WORLD, o.exchange, o.longest_piece());
  SplitSoftmaxHead head(tensor, space);
  Optimizer optimizer(*device, o.optimizer, layout.count);
  TensorReport report(o, train, tensor);

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
    report.epoch(epoch, count_correct_split(tensor, test, {0, test.count}), test.count);
  }

  device->copy_out(weights.data(), parameters.data(), layout.count);
  return report.end(weights);
}
int main(int argc, char** argv) { return run_with_mpi(argc, argv, train_on_all_ranks); }
