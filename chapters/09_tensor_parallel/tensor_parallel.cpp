#include "chapters/09_tensor_parallel/tensor_parallel.h"

#include <algorithm>
#include <climits>
#include <utility>

#include "chapters/05_collectives/messages.h"
#include "chapters/07_sharded_optimizer/together.h"
#include "common/error.h"
#include "common/mpi/session.h"
#include "common/timer.h"

TensorParallel::TensorParallel(Mlp& mlp, const std::string& allreduce, MPI_Comm comm, const std::string& exchange, size_t longest_piece)
    : mlp_(mlp),
      device_(mlp.device()),
      store_(dynamic_cast<ActivationStore*>(&device_)),
      allreduce_(find_allreduce(allreduce)),
      comm_(comm),
      rank_(rank_of(comm)),
      ranks_(ranks_of(comm)),
      longest_piece_(longest_piece),
      hooks_before_(mlp.hooks) {
  if (allreduce_.needs_window)
    throw Error("allreduce " + allreduce + ": activations do not lie in a shared window");
  require_slices();
  open_window(exchange);
  mlp.hooks.after_forward = [this](int layer, int slot) { after_forward(layer, slot); };
  mlp.hooks.after_input_gradient = [this](int layer, int slot) { after_input_gradient(layer, slot); };
  mlp.hooks.after_backward = [this](int layer, int slot) { after_backward(layer, slot); };
}

TensorParallel::~TensorParallel() {
  mlp_.hooks = hooks_before_;
  device_.meanwhile = {};  // after an error a sum may still be under way
}

void TensorParallel::require_slices() const {
  for (const Layer& layer : mlp_.layout().layers) {
    const Window& w = layer.w;
    const size_t parts = size_t(ranks_), mine = size_t(rank_);
    const bool by_columns = layer.split == Split::columns;
    const Range cut = share(size_t(by_columns ? w.whole_columns : w.whole_rows), parts, mine);
    const bool fits = layer.split == Split::none ? ranks_ == 1
                      : by_columns ? cut == Range{size_t(w.first_column), size_t(w.first_column + w.columns)}
                                   : cut == Range{size_t(w.first_row), size_t(w.first_row + w.rows)};
    if (!fits)
      throw Error("tensor parallel: layer " + std::to_string(layer.index) + " is not cut for rank " +
                  std::to_string(rank_) + " of " + std::to_string(ranks_));
  }
}

void TensorParallel::after_forward(int l, int slot) {
  if (hooks_before_.after_forward) hooks_before_.after_forward(l, slot);
  const Layer& layer = mlp_.layout().layers[size_t(l)];
  if (layer.split != Split::rows) return;
  const int rows = mlp_.rows(slot);
  float* y = mlp_.activation(l + 1, slot);
  sum(y, size_t(rows) * size_t(layer.out));
  // The bias is not a part of any rank's term: it is added once, to the sum, and only then comes the activation.
  device_.add_bias(y, mlp_.parameters(l) + layer.w.size(), layer.activation, rows, layer.out);
}

void TensorParallel::after_input_gradient(int l, int slot) {
  const Layer& layer = mlp_.layout().layers[size_t(l)];
  if (layer.split == Split::columns)
    begin_sum(mlp_.activation_gradient(l, slot), size_t(mlp_.rows(slot)) * size_t(layer.in));
  if (l == 0) end_sum();  // outside of this Mlp somebody waits for it
  if (hooks_before_.after_input_gradient) hooks_before_.after_input_gradient(l, slot);
}

void TensorParallel::after_backward(int l, int slot) {
  if (hooks_before_.after_backward) hooks_before_.after_backward(l, slot);
  end_sum();
}

// on_host(view, n) works on the next n of p where MPI can read and write them; between GPUs they combine p where it is. A long p goes
// through the host in pieces: while one travels, the next one is copied out and the one before goes back.
template <class OnHost>
void TensorParallel::exchange(float* p, size_t n, GpuCollectives::Combine combine, OnHost on_host) {
  if (n == 0) return;
  if (window_) {
    begin_between_gpus(p, n, combine);
    return end_between_gpus(p, n);
  }
  const size_t most = goes_in_pieces(p, n) ? longest_piece_ : n;
  const auto each_piece = [&](auto what) {
    for (size_t first = 0; first < n; first += most) what(view_of(p + first, std::min(most, n - first)), std::min(most, n - first));
  };
  Timer timer;
  each_piece([](const MessageView& view, size_t) { view.begin_out(); });
  each_piece([&](const MessageView& view, size_t size) {
    view.end_out();
    time_.copying += timer.seconds();
    timer.restart();
    on_host(view, size);
    time_.exchanging += timer.seconds();
    timer.restart();
    view.begin_in();
    view.end_in();
  });
  time_.copying += timer.seconds();
}

// Where there are copies, and where no sum changes by it. What chapter 11 stores in 16 bits is read as a whole.
bool TensorParallel::goes_in_pieces(float* p, size_t n) const {
  const MessageView view = view_of(p, n);
  return view.data() != p && !view.stored() && !allreduce_.order_depends_on_position;
}

// For chapter 11, skip it now: what the device has stored in 16 bits travels as it is, where sums have rank-order's order.
MessageView TensorParallel::view_of(float* p, size_t n) const {
  return MessageView(device_, p, n, std::string(allreduce_.name) == "rank-order" && n <= INT_MAX);
}

// ---- The sum of dx: rank-order's goes on in the background, others are done when they are begun ----

void TensorParallel::begin_sum(float* p, size_t n) {
  if (n == 0) return;
  summed_ = p, summed_count_ = n, posted_ = false;
  if (window_) return begin_between_gpus(p, n, GpuCollectives::Combine::sum);
  const MessageView view = view_of(p, n);
  view.begin_out();
  // A copy from a GPU takes a while: it is waited for when the host has handed the GPU the product for dw.
  if (view.data() == p) post_sum();
}

void TensorParallel::post_sum() {
  const MessageView view = view_of(summed_, summed_count_);
  float* const floats = view.floats();
  Timer timer;
  view.end_out();
  time_.copying += timer.seconds();
  timer.restart();
  if (uint16_t* const words = view.words()) {
    go_on_in_background(begin_rank_order(words, summed_count_, 0, store_->stored_as(), comm_));
  } else if (std::string(allreduce_.name) == "rank-order" && summed_count_ <= INT_MAX) {
    go_on_in_background(begin_rank_order(floats, summed_count_, 0, comm_));
  } else {
    posted_ = true;
    allreduce_.function(floats, floats, summed_count_, comm_);
  }
  time_.exchanging += timer.seconds();
}

void TensorParallel::go_on_in_background(std::unique_ptr<BackgroundAllreduce> sum) {
  posted_ = true;
  in_background_ = std::move(sum);
  meanwhile_before_ = std::exchange(device_.meanwhile, [this] { progress(); });
}

// While dw is computed. What was under way before this sum moves on, too.
void TensorParallel::progress() {
  const Timer timer;
  in_background_->progress();
  time_.exchanging += timer.seconds();
  if (meanwhile_before_) meanwhile_before_();
}

void TensorParallel::end_sum() {
  if (!summed_) return;
  if (window_) end_between_gpus(summed_, summed_count_);
  else take_sum();
  ++traffic_.sums;
  traffic_.floats += summed_count_;
  summed_ = nullptr;
}

void TensorParallel::take_sum() {
  if (!posted_) post_sum();
  Timer timer;
  if (in_background_) {
    in_background_->wait();
    in_background_ = nullptr;
    device_.meanwhile = std::move(meanwhile_before_);
  }
  time_.exchanging += timer.seconds();
  const MessageView view = view_of(summed_, summed_count_);
  timer.restart();
  view.begin_in();
  view.end_in();
  time_.copying += timer.seconds();
}

void TensorParallel::sum(float* p, size_t n) {
  exchange(p, n, GpuCollectives::Combine::sum, [&](const MessageView& view, size_t size) {
    if (uint16_t* const words = view.words()) begin_rank_order(words, size, 0, store_->stored_as(), comm_)->wait();
    else allreduce_.function(view.floats(), view.floats(), size, comm_);
  });
  ++traffic_.sums;
  traffic_.floats += n;
}

// A maximum is exact in any order, so MPI's own will do.
void TensorParallel::maximum(float* p, size_t n) {
  if (n > size_t{INT_MAX})
    throw Error("tensor parallel: " + std::to_string(n) + " rows are more than MPI counts");
  exchange(p, n, GpuCollectives::Combine::largest, [&](const MessageView& view, size_t size) {
    MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, view.floats(), int(size), MPI_FLOAT, MPI_MAX, comm_));
  });
}

double TensorParallel::sum(double value) {
  const Timer timer;
  const double total = sum_in_rank_order(0, value, comm_);
  time_.exchanging += timer.seconds();
  return total;
}

std::vector<std::string> tensor_allreduce_names() {
  std::vector<std::string> names;
  for (const Named<Allreduce>& allreduce : allreduces())
    if (!allreduce.needs_window) names.push_back(allreduce.name);
  return names;
}
