// Slices between GPUs of one node: chapter 05's peer window adds what lies in their memories. No host waits for its GPU.
#include <algorithm>
#include <cstdio>

#include "chapters/09_tensor_parallel/tensor_parallel.h"
#include "common/error.h"
#include "common/mpi/session.h"
#include "common/timer.h"

// All ranks open the window or none.
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
  const size_t longest = widest * size_t(mlp_.space().rows), in_boxes = std::min(longest, PeerWindow::one_shot);
  try {
    between_ = Buffer<>(device_, longest > in_boxes ? longest : 0, Purpose::exchange);
    window_ = std::make_unique<PeerWindow>(*gpu, between_, between_.size(), comm_, in_boxes);
  } catch (const Error& error) {
    between_ = {};
    if (rank_of(MPI_COMM_WORLD) == 0) std::printf("%s: sums go through host memory\n", error.what());
  }
}

// On the window's stream, beside what the device is given next, which must leave p alone until window_->finish().
void TensorParallel::begin_between_gpus(float* p, size_t n, PeerWindow::Combine combine) {
  const Timer timer;
  window_->allreduce_of(p, n, combine);
  time_.exchanging += timer.seconds();
}
