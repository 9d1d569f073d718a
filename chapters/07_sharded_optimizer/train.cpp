// Trains a multilayer perceptron on MNIST: many processes with the same model, each with a part of what belongs to it.
//
// This is chapter 01's file with a handful of lines changed: `make diff-07` shows them.
// Run: make 07 RANKS=4 ARGS="--zero 3 --optimizer adam --learning-rate 0.001"
#include "chapters/01_serial/head.h"
#include "chapters/01_serial/mlp.h"
#include "chapters/01_serial/optimizer.h"
#include "chapters/01_serial/train_report.h"
#include "chapters/03_fast_kernels/make_device.h"
#include "chapters/04_point_to_point/serial_run.h"
#include "chapters/07_sharded_optimizer/footprint.h"
#include "chapters/07_sharded_optimizer/together.h"
#include "chapters/07_sharded_optimizer/zero.h"
#include "common/mpi/session.h"

int train_sharded(MpiSession& mpi, int argc, char** argv) {
  TrainOptions o;
  ZeroOptions z;
  o.micro_batches = mpi.size();
  Options options("Trains a multilayer perceptron on MNIST, with model state sharded over processes.");
  o.declare(options, device_names);
  o.declare_clip_norm(options);
  z.declare(options);
  if (!options.parse(argc, argv, mpi.rank() != 0)) return 0;
  z.micro_batches = o.micro_batches;

  Dataset train = read_mnist_train(o.data);
  const Dataset test = read_mnist_test(o.data, train);
  o.apply(train);

  const std::unique_ptr<Device> device = make_device(o.device, mpi.node_rank());
  const Layout layout = make_layout(o.sizes(train));
  std::vector<float> weights(layout.count);
  initialize(weights.data(), layout, o.seed);

  const Space space{.rows = o.largest_micro_batch(), .keep_every = int(z.recompute)};
  Mlp mlp(*device, layout, nullptr, nullptr, space);
  SoftmaxHead head(*device, space);
  Zero zero(mlp, o.optimizer, z, MPI_COMM_WORLD);
  zero.load(weights);
  TrainReport report(o, train, mpi.rank() != 0);

  for (int epoch = 0; epoch < o.epochs; ++epoch) {
    const std::vector<uint32_t> order = permutation(o.seed, epoch, train.count);
    for (const Range batch : batches(train.count, o.batch)) {
      double loss = 0;
      for (int round = 0; round < zero.rounds(); ++round) {
        const Range rows = zero.begin_round(batch, round);
        load_images(mlp, train, order, rows);
        head.load_labels(train, order, rows);
        mlp.forward(rows.size());
        head.backward(mlp, batch.size());
        mlp.backward(Write::overwrite);
        loss = sum_in_rank_order(loss, head.loss(mlp, batch.size()), MPI_COMM_WORLD);
      }
      zero.step();
      report.step(loss, batch.size());
    }
    report.epoch(epoch, count_correct_in_lockstep(mlp, test, MPI_COMM_WORLD), test.count);
  }

  zero.save(weights);
  report.end(weights);
  if (mpi.rank() == 0) print_memory(*device, zero.way());
  if (z.two_level)  // sums have another order
    return on_rank_0(MPI_COMM_WORLD, [&] { return tell_distance_to_serial(o, false, mpi.size(), train, weights, report.train_seconds()); });
  return compare_with_serial_run(o, train, weights, report.train_seconds(), Agreement::same_bits, 0,
                                 MPI_COMM_WORLD);
}

int main(int argc, char** argv) { return run_with_mpi(argc, argv, train_sharded); }
