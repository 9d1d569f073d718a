#include "chapters/04_point_to_point/serial_run.h"

#include <cstdio>
#include <iostream>

#include "chapters/01_serial/head.h"
#include "chapters/02_cuda/make_device.h"
#include "chapters/04_point_to_point/patience.h"
#include "common/compare.h"
#include "common/mpi/session.h"
#include "common/timer.h"

namespace {

constexpr int verdict_tag = 1;

// One line on what agrees; whether it does.
bool print_agreement(const SerialRun& serial, std::span<const float> weights, Agreement agreement,
                     double bound) {
  if (compare(serial.weights, serial.initial).same_bits()) {
    std::cout << "serial run: training did not move the weights, so there is nothing to compare\n";
    return false;
  }
  const Distance distance = compare(weights, serial.weights, serial.initial);
  const bool same = distance.same_bits();
  const bool agrees = agreement == Agreement::same_bits ? same : distance.within(bound);
  std::cout << "serial run: " << (agrees ? "agrees" : "DISAGREES") << ", ";
  if (same)
    std::cout << "all " << distance.size << " weights have the same bits\n";
  else
    std::cout << distance << '\n';
  return agrees;
}

}  // namespace

SerialRun run_serially(const TrainOptions& o, const Dataset& train) {
  const std::unique_ptr<Device> device = make_device(o.device);
  const Layout layout = make_layout(o.sizes(train));
  const Buffer parameters(*device, layout.count, Purpose::parameters);
  const Buffer gradients(*device, layout.count, Purpose::gradients);
  SerialRun run{.initial = std::vector<float>(layout.count), .weights = {}};
  initialize(run.initial.data(), layout, uint64_t(o.seed));
  device->copy_in(parameters.data(), run.initial.data(), layout.count);

  const Space space{.rows = o.largest_micro_batch()};
  Mlp mlp(*device, layout, parameters, gradients, space);
  SoftmaxHead head(*device, space);
  Optimizer optimizer(*device, o.optimizer, layout.count);

  const Timer timer;
  for (int epoch = 0; epoch < o.epochs; ++epoch) {
    const std::vector<uint32_t> order = permutation(uint64_t(o.seed), uint32_t(epoch), train.count);
    for (const Range batch : batches(train.count, size_t(o.batch))) {
      Write write = Write::overwrite;
      for (int m = 0; m < o.micro_batches; ++m) {
        const Range rows = share(batch, size_t(o.micro_batches), size_t(m));
        if (rows.empty()) continue;
        load_images(mlp, train, order, rows);
        head.load_labels(train, order, rows);
        mlp.forward(int(rows.size()));
        head.backward(mlp, batch.size());
        mlp.backward(write);
        write = Write::accumulate;
      }
      optimizer.step(parameters, gradients);
    }
  }
  device->synchronize();
  run.seconds = timer.seconds();
  run.weights.resize(layout.count);
  device->copy_out(run.weights.data(), parameters.data(), layout.count);
  return run;
}

int compare_with_serial_run(const TrainOptions& options, const Dataset& train, std::span<const float> weights,
                            double parallel_seconds, Agreement agreement, double bound, MPI_Comm comm) {
  if (options.epochs == 0) return 0;
  int rank = 0, size = 1, status = 0;
  MPI_CHECK(MPI_Comm_rank(comm, &rank));
  MPI_CHECK(MPI_Comm_size(comm, &size));
  if (rank != 0) {
    wait_asleep(0, verdict_tag, comm);
    MPI_CHECK(MPI_Recv(&status, 1, MPI_INT, 0, verdict_tag, comm, MPI_STATUS_IGNORE));
    return status;
  }
  const SerialRun serial = run_serially(options, train);
  if (!print_agreement(serial, weights, agreement, bound)) status = 1;
  if (parallel_seconds > 0)
    std::printf("serial run: %.2f s; %d ranks: %.2f s; speedup %.2f, efficiency %.0f %%\n", serial.seconds,
                size, parallel_seconds, serial.seconds / parallel_seconds,
                100 * serial.seconds / parallel_seconds / size);
  std::fflush(stdout);
  for (int other = 1; other < size; ++other)
    MPI_CHECK(MPI_Send(&status, 1, MPI_INT, other, verdict_tag, comm));
  return status;
}
