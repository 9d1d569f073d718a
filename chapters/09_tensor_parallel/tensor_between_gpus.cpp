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
  constexpr int most_ranks_of_words = 4;  // more of them would send more bytes than floats are
  int fits = gpu && (!store_ || ranks_ <= most_ranks_of_words) && allreduce_.name == std::string("rank-order");
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &fits, 1, MPI_INT, MPI_MIN, comm_));
  if (!fits) return;

  const bool has_head = mlp_.layout().layers.back().activation == Activation::none;
  size_t widest = has_head && output_is_split() ? 1 : 0, widest_stored = 0;  // for the head, a number a row
  for (const Layer& layer : mlp_.layout().layers) {
    const bool by_rows = layer.split == Split::rows, logits = by_rows && layer.activation == Activation::none;
    if (by_rows || mlp_.has_input_gradient(int(&layer - mlp_.layout().layers.data()))) {
      size_t& of = store_ && !logits ? widest_stored : widest;
      of = std::max(of, size_t(by_rows ? layer.out : layer.in));
    }
  }
  const size_t rows = size_t(mlp_.space().rows), longest = widest * rows, in_boxes = std::min(longest, GpuCollectives::one_shot);
  const size_t words = size_t(ranks_) * words_in_floats(widest_stored * rows);
  const bool opened = open_between_gpus(exchange, "sums go", [&](bool peer) {
    between_ = Buffer<>(device_, std::max(peer && longest > in_boxes ? longest : 0, words), Purpose::exchange);
    device_.fill(between_, 0, between_.size());  // of an odd number of words the last one stands beside nothing, and travels
    window_ = make_gpu_collectives(peer, *gpu, between_, between_.size(), comm_, in_boxes);
    window_->reserve(longest);
  });
  if (!opened) between_ = {};
}

// Beside what the device is given next, which must leave p alone until the end. For chapter 11, skip it now: what is stored in 16 bits is
// gathered as it is, one vector behind the other, and each rank adds all of them.
void TensorParallel::begin_between_gpus(float* p, size_t n, GpuCollectives::Combine combine) {
  const Timer timer;
  if (view_of(p, n).stored()) {
    const size_t step = words_in_floats(n);
    dynamic_cast<StoredWordSums&>(device_).copy_words(between_ + size_t(rank_) * step, p, n);
    window_->allgather(0, size_t(ranks_) * step);
  } else {
    window_->allreduce_of(p, n, combine);
  }
  time_.exchanging += timer.seconds();
}

void TensorParallel::end_between_gpus(float* p, size_t n) {
  const Timer timer;
  window_->finish();
  if (view_of(p, n).stored()) dynamic_cast<StoredWordSums&>(device_).add_words(p, between_, words_in_floats(n), ranks_, n);
  time_.exchanging += timer.seconds();
}
