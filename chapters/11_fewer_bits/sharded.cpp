// Training in bf16 on several ranks, each with a shard of the float masters and of the optimizer's state: chapter 07's program.
// Run: make 11-sharded RANKS=4 ARGS="--zero 3"
#include <cstdio>

#include "chapters/01_serial/head.h"
#include "chapters/01_serial/train_report.h"
#include "chapters/07_sharded_optimizer/together.h"
#include "chapters/11_fewer_bits/fewer_bits_device.h"
#include "chapters/11_fewer_bits/sharded_masters.h"
#include "common/mpi/session.h"

int train_on_all_ranks(MpiSession& mpi, int argc, char** argv) {
  TrainOptions o;
  ZeroOptions z;
  LossScaleOptions scaling;
  o.micro_batches = mpi.size();
  Options options("Trains a multilayer perceptron on MNIST in bf16, on several ranks, each with a shard of the float masters.");
  o.declare(options);
  z.declare(options);
  scaling.declare(options);
  if (!options.parse(argc, argv, mpi.rank() != 0)) return 0;
  z.micro_batches = o.micro_batches;
  z.format = messages_of("bf16");

  Dataset train = read_mnist_train(o.data);
  const Dataset test = read_mnist_test(o.data, train);
  o.apply(train);

  FewerBitsDevice device("bf16");
  const Layout layout = make_layout(o.sizes(train));
  std::vector<float> weights(layout.count);
  initialize(weights.data(), layout, o.seed);

  const Space space{.rows = o.largest_micro_batch(), .keep_every = int(z.recompute)};
  Mlp mlp(device, layout, nullptr, nullptr, space);
  SoftmaxHead head(device, space);
  LossScale scale(scaling);
  Zero zero(mlp, o.optimizer, z, MPI_COMM_WORLD);
  zero.load(weights);
  TrainReport report(o, train, mpi.rank() != 0);

  size_t sent = 0;  // bytes, in the last step
  for (int epoch = 0; epoch < o.epochs; ++epoch) {
    const std::vector<uint32_t> order = permutation(o.seed, epoch, train.count);
    for (const Range batch : batches(train.count, o.batch)) {
      double loss = 0;
      const size_t words = words_sent(), floats = traffic().floats;
      for (int round = 0; round < zero.rounds(); ++round) {
        const Range rows = zero.begin_round(batch, round);
        load_images(mlp, train, order, rows);
        head.load_labels(train, order, rows);
        mlp.forward(rows.size());
        head.backward(mlp, batch.size());
        scale.scale(mlp);
        mlp.backward(Write::overwrite);
        loss += head.loss(mlp, batch.size());
      }
      report.step(step_together(zero, device, loss, scale, MPI_COMM_WORLD), batch.size());
      sent = 2 * (words_sent() - words) + 4 * (traffic().floats - floats);
    }
    report.epoch(epoch, count_correct_in_lockstep(mlp, test, MPI_COMM_WORLD), test.count);
  }

  zero.save(weights);
  report.end(weights);
  if (mpi.rank() > 0) return 0;
  print_memory(device, zero.way());
  std::printf("rank 0 sends %.2f MB a step\n", 1e-6 * double(sent));
  std::printf("loss scale %.10g in the end, %lld of %lld steps skipped\n", scale.value(), (long long)scale.skipped(),
              (long long)scale.steps());
  return 0;
}
int main(int argc, char** argv) { return run_with_mpi(argc, argv, train_on_all_ranks); }
