#include "chapters/09_tensor_parallel/tensor_report.h"

#include <array>
#include <cstdio>

#include "chapters/04_point_to_point/serial_run.h"
#include "chapters/09_tensor_parallel/equal_copies.h"
#include "chapters/09_tensor_parallel/slices.h"
#include "chapters/09_tensor_parallel/tensor_footprint.h"
#include "common/mpi/session.h"

TensorReport::TensorReport(const TensorOptions& o, const Dataset& train, const TensorParallel& tensor)
    : TrainReport(o, train, tensor.rank() != 0), options_(o), train_(train), tensor_(tensor) {
  if (tensor.rank() != 0) return;
  const Layout& here = tensor.mlp().layout();
  std::printf("%d rank%s, allreduce %s%s; rank 0 has", o.ranks, o.ranks == 1 ? "" : "s", o.allreduce.c_str(),
              tensor.way());
  for (const Layer& layer : here.layers)
    std::printf("%s %d x %d", layer.index == 0 ? "" : ",", layer.w.rows, layer.w.columns);
  std::printf(": %zu of %zu parameters\n", here.count, make_layout(o.sizes(train)).count);
}

void TensorReport::step(double loss, size_t batch_rows) {
  TrainReport::step(loss, batch_rows);
  ++steps_;
  after_step_ = tensor_.time();
}

void TensorReport::epoch(int epoch, size_t correct, size_t samples) {
  evaluating_.exchanging += tensor_.time().exchanging - after_step_.exchanging;
  evaluating_.copying += tensor_.time().copying - after_step_.copying;
  TrainReport::epoch(epoch, correct, samples);
}

int TensorReport::end(std::span<const float> slices) {
  const MPI_Comm comm = tensor_.communicator();
  const Range all_layers{0, options_.hidden.size() + 1};
  const std::vector<float> weights = gather_slices(slices, options_.sizes(train_), all_layers, comm);
  TrainReport::end(weights);
  require_equal_copies(slices, tensor_.mlp().layout(), steps_, comm);
  tell_time();
  tell_memory();
  if (options_.compare_with_serial) return compare_with_serial(weights);
  if (tensor_.rank() == 0)
    std::printf("distance to the serial run: not measured (--compare-with-serial does)\n");
  return 0;
}

// Shares of the training time: the mean over ranks, and the rank that computed longest, for whom the others wait.
void TensorReport::tell_time() const {
  const double total = train_seconds(), waiting = tensor_.time().exchanging - evaluating_.exchanging,
               copying = tensor_.time().copying - evaluating_.copying;
  const std::array<double, 4> mine = {total - waiting - copying, waiting, copying, total};
  std::vector<double> all(mine.size() * size_t(tensor_.ranks()));
  MPI_CHECK(MPI_Gather(mine.data(), int(mine.size()), MPI_DOUBLE, all.data(), int(mine.size()), MPI_DOUBLE, 0,
                       tensor_.communicator()));
  if (tensor_.rank() != 0 || !(total > 0)) return;
  std::array<double, 4> sum = {};
  size_t busiest = 0;
  for (size_t rank = 0; rank < size_t(tensor_.ranks()); ++rank) {
    for (size_t i = 0; i < sum.size(); ++i) sum[i] += all[rank * sum.size() + i];
    if (all[rank * sum.size()] > all[busiest * sum.size()]) busiest = rank;
  }
  std::printf(
      "time: computing %.1f %%, waiting %.1f %%, copying %.1f %%; rank %zu computed longest, %.1f %%\n",
      100 * sum[0] / sum[3], 100 * sum[1] / sum[3], 100 * sum[2] / sum[3], busiest,
      100 * all[busiest * sum.size()] / all[busiest * sum.size() + 3]);
}

// Counted here, and by formula for the serial program.
void TensorReport::tell_memory() const {
  if (tensor_.rank() != 0) return;
  const Mlp& mlp = tensor_.mlp();
  const auto mb = [&](Purpose purpose) { return 1e-6 * double(mlp.device().memory(purpose).peak); };
  const std::vector<int> sizes = options_.sizes(train_);
  const TensorFootprint serial = tensor_footprint(sizes, {0, sizes.size() - 1}, {}, mlp.space(), state_vectors(options_.optimizer));
  std::printf(
      "memory of rank 0 (of the serial program), MB: parameters %.2f (%.2f), gradients %.2f (%.2f), "
      "optimizer %.2f (%.2f), activations %.2f (%.2f)\n",
      mb(Purpose::parameters), 1e-6 * double(serial.parameters), mb(Purpose::gradients),
      1e-6 * double(serial.gradients), mb(Purpose::optimizer), 1e-6 * double(serial.optimizer),
      mb(Purpose::activations), 1e-6 * double(serial.activations));
}

int TensorReport::compare_with_serial(std::span<const float> weights) const {
  return on_rank_0(tensor_.communicator(), [&] {
    const int ranks = tensor_.ranks();
    return tell_distance_to_serial(options_, ranks == 1, ranks, train_, weights, train_seconds());
  });
}
