#include "chapters/10_hybrid/hybrid_report.h"

#include <array>
#include <cstdio>

#include "chapters/04_point_to_point/serial_run.h"
#include "chapters/05_collectives/messages.h"
#include "chapters/10_hybrid/grid_footprint.h"
#include "common/mpi/session.h"
#include "common/mpi_guard/trace.h"

HybridReport::HybridReport(const HybridOptions& o, const Dataset& train, HybridModel& model, size_t steps_before)
    : TrainReport(o, train, rank_of(model.grid().all()) != 0, steps_before),
      options_(o),
      train_(train),
      model_(model),
      steps_before_(steps_before) {
  trace_begin(o.trace);
  tell_ways();
  if (!model.grid().tensor_ranks_share_hosts() && rank_of(model.grid().all()) == 0)
    std::printf("warning: ranks of a tensor group are on several hosts, and they talk most: start ranks host by host, "
                "mpiexec -ppn RANKS-OF-A-HOST or srun -m block\n");
}

// Where there are GPUs and a choice.
void HybridReport::tell_ways() const {
  if (model_.settings().exchange == "host") return;
  const HybridModel::Ways ways = model_.ways();
  if (rank_of(model_.grid().all()) != 0) return;
  if (!ways.between_gpus.empty()) std::printf("from GPU to GPU: %s\n", ways.between_gpus.c_str());
  if (!ways.by_mpi.empty()) std::printf("by MPI from the GPUs' memory: %s\n", ways.by_mpi.c_str());
  if (!ways.through_host.empty()) std::printf("through host memory: %s\n", ways.through_host.c_str());
}

void HybridReport::step(double loss, size_t batch_rows) {
  TrainReport::step(loss, batch_rows);
  after_step_ = model_.time();
}

void HybridReport::epoch(int epoch, size_t correct, size_t samples) {
  TrainReport::epoch(epoch, correct, samples);
  const HybridModel::Time now = model_.time();
  outside_.computing += now.computing - after_step_.computing;
  outside_.waiting += now.waiting - after_step_.waiting;
  outside_.copying += now.copying - after_step_.copying;
}

int HybridReport::end() {
  const std::vector<float> weights = model_.weights();
  TrainReport::end(weights);
  tell_time();
  tell_memory();
  if (options_.compare_with_serial) return compare_with_serial(weights);
  if (rank_of(model_.grid().all()) == 0)
    std::printf("distance to the serial run: not measured (--compare-with-serial does)\n");
  return 0;
}

// Shares of the training time, the mean over ranks. What is neither waiting nor copying is computing: the passes, the
// update, the loading of images. With GPUs it is the hosts' time: a host that waits for a message or for gradients to be copied does not
// know what its GPU still has to compute.
void HybridReport::tell_time() const {
  const HybridModel::Time now = model_.time();
  const double waiting = now.waiting - outside_.waiting, copying = now.copying - outside_.copying;
  std::array<double, 3> sum = {waiting, copying, train_seconds()};
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, sum.data(), int(sum.size()), MPI_DOUBLE, MPI_SUM, model_.grid().all()));
  if (rank_of(model_.grid().all()) != 0 || !(sum[2] > 0)) return;
  const bool on_gpu = dynamic_cast<CudaDevice*>(&model_.pipeline().device());
  std::printf("time: computing %.1f %%, waiting %.1f %%, copying %.1f %%%s\n", 100 * (sum[2] - sum[0] - sum[1]) / sum[2],
              100 * sum[0] / sum[2], 100 * sum[1] / sum[2], on_gpu ? " of the hosts' time; GPUs may compute meanwhile" : "");
}

void HybridReport::tell_memory() const {
  if (rank_of(model_.grid().all()) != 0) return;
  const GridFootprint f = counted_footprint(model_.device());
  std::printf("memory of rank 0: weights %.2f, gradients %.2f, optimizer %.2f, activations %.2f, exchange %.2f MB\n",
              1e-6 * double(f.parameters), 1e-6 * double(f.gradients), 1e-6 * double(f.optimizer),
              1e-6 * double(f.activations), 1e-6 * double(f.exchange));
}

int HybridReport::compare_with_serial(std::span<const float> weights) const {
  // The time of a run that was continued is not that of a whole one.
  const double seconds = steps_before_ == 0 ? train_seconds() : 0;
  const MPI_Comm all = model_.grid().all();
  const GridShape& shape = model_.grid().shape;
  const bool same_order = shape.tensor == 1 && (options_.reproducible || shape.data == 1);
  return on_rank_0(all, [&] {
    return tell_distance_to_serial(options_, same_order, shape.ranks(), train_, weights, seconds);
  });
}
