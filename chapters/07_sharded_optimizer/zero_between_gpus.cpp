// ZeRO between GPUs: chapter 05's collectives on vectors in their memory. Owners add the gradients of the others, and give new weights to
// all. In peer windows, inside a node, no host waits for its GPU; by MPI the host waits before each unit leaves. The bits are the same.

#include "chapters/03_fast_kernels/fast_cuda_device.h"
#include "chapters/07_sharded_optimizer/zero.h"
#include "common/error.h"

// What a window is opened on stays where it is: from level 2 on a place for the gradients of any unit, at level 3 one or two for weights.
// All are opened or, on all ranks, none.
void Zero::open_windows() {
  const auto gpu = dynamic_cast<CudaDevice*>(&device_);
  const bool fits = gpu && !options_.two_level && !options_.format;
  if ((options_.exchange == "peer" || options_.exchange == "mpi") && !fits)
    throw Error("--exchange " + options_.exchange + ": needs --device cuda, and goes not with --two-level");
  if (options_.exchange == "host" || !fits) return;

  const auto forget = [&] {
    for (Gathered& g : gathered_) g.window = nullptr;
    if (!options_.prefetch) gathered_[0].memory = {};
    computed_gradients_ = {};
  };
  const bool opened = open_between_gpus(options_.exchange, "gradients and weights go", [&](bool peer) {
    forget();
    const auto on = [&](Buffer<>& memory) -> std::shared_ptr<GpuCollectives> {
      return make_gpu_collectives(peer, *gpu, memory, memory.size(), comm_, 0);
    };
    if (options_.level >= 2) computed_gradients_ = Buffer(device_, shards_.largest_unit(), Purpose::gradients);
    const auto gradients = on(options_.level >= 2 ? computed_gradients_ : gradients_);
    for (size_t parity = 0; options_.level == 3 && parity < (options_.prefetch ? 2 : 1); ++parity) {
      Gathered& g = gathered_[parity];
      if (!options_.prefetch) g.memory = Buffer(device_, shards_.largest_unit(), Purpose::parameters);
      if (g.memory.size() > 0) g.window = on(g.memory);
    }
    if (options_.level == 0) gathering_.window = gradients;
    else if (options_.level < 3) gathering_.window = on(parameters_);
    gradients_window_ = gradients;
  });
  if (!opened) forget();
}

// From level 2 on units come and go in each step. On a GPU each of them gets memory that another had.
void Zero::keep_freed_memory(bool keep) {
  const auto gpu = dynamic_cast<FastCudaDevice*>(&device_);
  if (gpu && options_.level >= 2) gpu->keep_freed_memory(keep);
}

// As reduce, beside what backward computes next. A rank without rows has computed zeros.
void Zero::reduce_between_gpus(size_t u) {
  GpuCollectives& window = *gradients_window_;
  window.reduce_scatter_to(own_gradients(u), window.offset_of(unit_gradients(u)), shards_.units[u].range.size(),
                           first_round_ ? Write::overwrite : Write::accumulate);
}

GpuCollectives::Count Zero::counted_between_gpus() const {
  GpuCollectives::Count sum;
  const auto add = [&](const std::shared_ptr<GpuCollectives>& some) {
    if (!some) return;
    const GpuCollectives::Count& c = some->counted();
    sum.read += c.read, sum.written += c.written, sum.meetings += c.meetings, sum.waits += c.waits;
  };
  add(gradients_window_);
  if (gathering_.window != gradients_window_) add(gathering_.window);
  for (const Gathered& g : gathered_) add(g.window);
  return sum;
}
