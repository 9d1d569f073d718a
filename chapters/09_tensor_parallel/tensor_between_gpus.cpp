// Slices between GPUs: chapter 05's collectives add what lies in their memories. In a peer window, inside a node, no host waits for its
// GPU; by MPI the host waits for what it sends.
#include <algorithm>

#include "chapters/09_tensor_parallel/tensor_parallel.h"
#include "common/mpi/session.h"
#include "common/timer.h"

// All ranks open it or none.
void TensorParallel::open_window(const std::string& exchange) {
  if (exchange == "host" || ranks_ == 1) return;
  const auto gpu = dynamic_cast<CudaDevice*>(&device_);
  int fits = gpu && !store_ && allreduce_.name == std::string("rank-order");
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &fits, 1, MPI_INT, MPI_MIN, comm_));
  if (!fits) return;

  const bool has_head = mlp_.layout().layers.back().activation == Activation::none;
  size_t widest = has_head && output_is_split() ? 1 : 0;  // for the head, a number a row
  for (const Layer& layer : mlp_.layout().layers) {
    const bool by_rows = layer.split == Split::rows;
    if (by_rows || mlp_.has_input_gradient(int(&layer - mlp_.layout().layers.data())))
      widest = std::max(widest, size_t(by_rows ? layer.out : layer.in));
  }
  const size_t longest = widest * size_t(mlp_.space().rows), in_boxes = std::min(longest, GpuCollectives::one_shot);
  const bool opened = open_between_gpus(exchange, "sums go", [&](bool peer) {
    between_ = Buffer<>(device_, peer && longest > in_boxes ? longest : 0, Purpose::exchange);
    window_ = make_gpu_collectives(peer, *gpu, between_, between_.size(), comm_, in_boxes);
    window_->reserve(longest);
  });
  if (!opened) between_ = {};
}

// Beside what the device is given next, which must leave p alone until the end.
void TensorParallel::begin_between_gpus(float* p, size_t n, GpuCollectives::Combine combine) {
  const Timer timer;
  window_->allreduce_of(p, n, combine);
  time_.exchanging += timer.seconds();
}

void TensorParallel::end_between_gpus() {
  const Timer timer;
  window_->finish();
  time_.exchanging += timer.seconds();
}
