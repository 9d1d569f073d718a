// Training in bf16 on several ranks, each with a shard of the float masters and of the optimizer's state.
// Run: make 11-sharded RANKS=4
#include <cstdio>

#include "chapters/01_serial/head.h"
#include "chapters/01_serial/train_report.h"
#include "chapters/06_data_parallel/replicas.h"
#include "chapters/11_fewer_bits/fewer_bits_device.h"
#include "chapters/11_fewer_bits/sharded_masters.h"
#include "common/mpi/session.h"

int train_on_all_ranks(MpiSession& mpi, int argc, char** argv) {
  TrainOptions o;
  LossScaleOptions scaling;
  Options options("Trains a multilayer perceptron on MNIST in bf16, on several ranks, each with a shard of the float masters.");
  o.declare(options);
  scaling.declare(options);
  if (!options.parse(argc, argv, mpi.rank() != 0)) return 0;

  Dataset train = read_mnist_train(o.data);
  const Dataset test = read_mnist_test(o.data, train);
  o.apply(train);

  FewerBitsDevice device("bf16");
  const Layout layout = make_layout(o.sizes(train));
  const Buffer parameters(device, layout.count, Purpose::parameters);
  const Buffer gradients(device, layout.count, Purpose::gradients);
  std::vector<float> weights(layout.count);
  initialize(weights.data(), layout, o.seed);
  device.copy_in(parameters.data(), weights.data(), layout.count);

  const Space space{.rows = (o.largest_micro_batch() + mpi.size() - 1) / mpi.size()};
  Mlp mlp(device, layout, parameters, gradients, space);
  SoftmaxHead head(device, space);
  LossScale scale(scaling);
  ShardedMasters masters(mlp, parameters, gradients, o.optimizer, MPI_COMM_WORLD);
  TrainReport report(o, train, mpi.rank() != 0);

  for (int epoch = 0; epoch < o.epochs; ++epoch) {
    const std::vector<uint32_t> order = permutation(o.seed, epoch, train.count);
    for (const Range batch : batches(train.count, o.batch)) {
      double loss = 0;
      Write write = Write::overwrite;
      device.fill(gradients, 0.0f, layout.count);  // what a rank without rows sends
      for (int m = 0; m < o.micro_batches; ++m) {
        const Range rows = share(share(batch, o.micro_batches, m), mpi.size(), mpi.rank());
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
      report.step(masters.step(loss, scale), batch.size());
    }
    report.epoch(epoch, count_correct_together(mlp, test), test.count);
  }

  device.copy_out(weights.data(), parameters.data(), layout.count);
  report.end(weights);
  if (mpi.rank() > 0) return 0;
  const auto mb = [&](Purpose purpose) { return 1e-6 * double(device.memory(purpose).live); };
  std::printf("rank 0: weights and its masters %.2f MB, gradients %.2f MB, optimizer state %.2f MB; it sends %.2f MB a step\n",
              mb(Purpose::parameters), mb(Purpose::gradients), mb(Purpose::optimizer), 1e-6 * double(masters.sent()));
  std::printf("loss scale %.10g in the end, %lld of %lld steps skipped\n", scale.value(), (long long)scale.skipped(),
              (long long)scale.steps());
  return 0;
}
int main(int argc, char** argv) { return run_with_mpi(argc, argv, train_on_all_ranks); }
