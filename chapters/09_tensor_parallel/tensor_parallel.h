// Layers that several ranks compute together: the two sums that make a pair of them whole.
//
// A layer cut by columns (0, 2, 4, ...) needs the whole x and gives some columns of y. A layer cut by rows (1, 3, 5,
// ...) needs just those columns, as its x, and gives one term of a sum that has the size of the whole y. So a pair of
// layers needs one allreduce in forward, behind the second; and, backward being the mirror image, one in backward,
// behind the first:
//
//              layer cut by columns                      layer cut by rows
//   forward    y slice = relu(x · w slice + b slice)     y term = x slice · w slice;  y = relu(SUM(y term) + b)
//   backward   dx term = dy slice · (w slice)ᵀ;          dx slice = dy · (w slice)ᵀ
//              dx = SUM(dx term)
//
// The layer before waits for dx, and nobody for dw: so dx is computed first, and its sum travels while the rank computes dw.
// The gradients of the weights need no exchange: each rank has all that its slices of w ask for.
// Source: Shoeybi et al., "Megatron-LM: training multi-billion parameter language models using model parallelism",
// 2019, section 3.
#pragma once

#include <mpi.h>

#include <functional>
#include <string>
#include <vector>

#include "chapters/01_serial/activation_store.h"
#include "chapters/01_serial/mlp.h"
#include "chapters/05_collectives/gpu_collectives.h"
#include "chapters/05_collectives/table.h"
#include "chapters/06_data_parallel/background_allreduce.h"
#include "chapters/06_data_parallel/exchange.h"

// What this rank has handed to an allreduce so far.
struct TensorTraffic {
  size_t sums = 0, floats = 0;
};

class TensorParallel {
 public:
  // Makes mlp.forward and mlp.backward collective over comm, through hooks that run after those that mlp has already
  // (but for after_input_gradient: whoever sends the gradient of the input on sends the sum)
  // (and are taken away again by the destructor, so mlp must live longer). Every rank gives its slice, by its rank,
  // of the same layers, calls with the same rows, and gets the same bits wherever a result is whole.
  // allreduce: a name of chapter 05's table. Those whose order of the sum does not depend on the position, as the
  // default, give a row of the batch the same bits whatever rows are computed with it.
  // exchange: through memory of the host, or "auto", "peer", "mpi": from GPU to GPU (tensor_between_gpus.cpp), where that can be: in rank order.
  // longest_piece: in floats; a longer sum in forward goes through memory of the host in such pieces. In backward none does: dw is
  // computed meanwhile.
  // Throws Error if mlp's layers are not cut for this rank, or the allreduce needs a window: activations lie in none.
  //
  // The Mlp may be any range of layers (chapter 10 makes a pipeline of such ranges). Its input and output lie as the
  // cut of the layers at its ends has them, and so do their gradients:
  //     output of a layer cut by columns, input of one cut by rows:  this rank's share of the columns, (rows, share)
  //     output of a layer cut by rows, input of one cut by columns:  the whole matrix, on every rank, with the same bits
  // What is whole or a share at the end of one range is so at the beginning of the next, for the same rank of comm.
  // So a rank passes its output on to, and gets its gradient from, the rank with its number in the neighbouring
  // range, and nothing needs to be gathered or cut.
  explicit TensorParallel(Mlp& mlp, const std::string& allreduce = "rank-order",
                          MPI_Comm comm = MPI_COMM_WORLD, const std::string& exchange = "host",
                          size_t longest_piece = size_t{1} << 18);
  ~TensorParallel();
  TensorParallel(const TensorParallel&) = delete;
  TensorParallel& operator=(const TensorParallel&) = delete;

  // p (n) of every rank, in device memory, = the sum or the maximum over ranks of their p (n).  Collective.
  void sum(float* p, size_t n);
  void maximum(float* p, size_t n);
  // The sum over ranks, added in their order; the same on all of them.  Collective.
  double sum(double value);

  // Whether each rank has only some columns of mlp.output(slot).
  bool output_is_split() const { return mlp_.layout().layers.back().split == Split::columns; }

  Mlp& mlp() const { return mlp_; }
  MPI_Comm communicator() const { return comm_; }
  int rank() const { return rank_; }
  int ranks() const { return ranks_; }
  const ExchangeTime& time() const { return time_; }
  const TensorTraffic& traffic() const { return traffic_; }
  bool between_gpus() const { return window_ != nullptr; }
  bool by_mpi() const { return between_gpus() && !window_->by_peers(); }
  const char* way() const { return between_gpus() ? window_->way() : ""; }  // for people
  const GpuCollectives::Count& counted() const { return window_->counted(); }  // between GPUs

 private:
  void require_slices() const;
  void after_forward(int layer, int slot);
  void after_input_gradient(int layer, int slot);
  void after_backward(int layer, int slot);
  template <class OnHost>
  void exchange(float* p, size_t n, GpuCollectives::Combine combine, OnHost on_host);
  bool goes_in_pieces(float* p, size_t n) const;
  MessageView view_of(float* p, size_t n) const;
  void begin_sum(float* p, size_t n);
  void post_sum();
  void go_on_in_background(std::unique_ptr<BackgroundAllreduce> sum);
  void progress();
  void end_sum();
  void take_sum();
  void open_window(const std::string& exchange);
  void begin_between_gpus(float* p, size_t n, GpuCollectives::Combine combine);
  void end_between_gpus(float* p, size_t n);

  Mlp& mlp_;
  Device& device_;
  ActivationStore* store_;  // null before chapter 11
  const Named<Allreduce>& allreduce_;
  MPI_Comm comm_;
  int rank_, ranks_;
  size_t longest_piece_;
  Hooks hooks_before_;

  // The sum of dx that is under way, (summed_count_); null: none.
  float* summed_ = nullptr;
  size_t summed_count_ = 0;
  bool posted_ = false;
  std::unique_ptr<BackgroundAllreduce> in_background_;
  std::function<void()> meanwhile_before_;  // of the device, while this sum has its place

  ExchangeTime time_;
  TensorTraffic traffic_;

  Buffer<> between_;  // where long sums are made, in a peer window; and the words of all ranks, in chapter 11
  std::unique_ptr<GpuCollectives> window_;
};

// The names of allreduces that can be used here.
std::vector<std::string> tensor_allreduce_names();
