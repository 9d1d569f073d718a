// Trains a multilayer perceptron on MNIST: many processes that send each other messages, one of them a parameter server.
//
// This is chapter 01's file with a handful of lines changed: `make diff-04` shows them.
// Run: make 04 RANKS=4
#include "chapters/01_serial/head.h"
#include "chapters/01_serial/mlp.h"
#include "chapters/01_serial/optimizer.h"
#include "chapters/01_serial/train_report.h"
#include "chapters/03_fast_kernels/make_device.h"
#include "chapters/04_point_to_point/parameter_server.h"
#include "chapters/04_point_to_point/serial_run.h"
#include "common/mpi/session.h"

int train_by_messages(MpiSession& mpi, int argc, char** argv) {
  TrainOptions o;
  o.micro_batches = mpi.size();
  Options options("Trains a multilayer perceptron on MNIST with a parameter server.");
  o.declare(options, device_names);
  if (!options.parse(argc, argv, mpi.rank() != 0)) return 0;

  Dataset train = read_mnist_train(o.data);
  const Dataset test = read_mnist_test(o.data, train);
  o.apply(train);

  const std::unique_ptr<Device> device = make_device(o.device, mpi.node_rank());
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
  ParameterServer server(*device, parameters, gradients, layout.count, MPI_COMM_WORLD);
  TrainReport report(o, train, !server.is_here());

  for (int epoch = 0; epoch < o.epochs; ++epoch) {
    const std::vector<uint32_t> order = permutation(o.seed, epoch, train.count);
    for (const Range batch : batches(train.count, o.batch)) {
      double loss = 0;
      Write write = Write::overwrite;
      for (int m = 0; m < o.micro_batches; ++m) {
        const Range rows = share(batch, o.micro_batches, m);
        if (rows.empty()) continue;
        if (!server.computes(m)) {
          write = server.receive(m, write, &loss);
          continue;
        }
        load_images(mlp, train, order, rows);
        head.load_labels(train, order, rows);
        mlp.forward(rows.size());
        head.backward(mlp, batch.size());
        mlp.backward(write);
        loss += head.loss(mlp, batch.size());
        write = server.deliver(&loss);
      }
      if (server.is_here()) optimizer.step(parameters, gradients);
      server.publish(&loss);
      report.step(loss, batch.size());
    }
    report.epoch(epoch, server.is_here() ? count_correct(mlp, test, {0, test.count}) : 0, test.count);
  }

  device->copy_out(weights.data(), parameters.data(), layout.count);
  report.end(weights);
  server.print_account(report.train_seconds());
  return compare_with_serial_run(o, train, weights, report.train_seconds(), Agreement::same_bits, 0,
                                 MPI_COMM_WORLD);
}

int main(int argc, char** argv) { return run_with_mpi(argc, argv, train_by_messages); }
