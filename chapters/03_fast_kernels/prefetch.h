// Micro-batches arrive while the device computes the ones before them.
//
//   host           gather 2         gather 3         gather 4       pixels to floats, into the view of a slot
//   copy stream    copy 1           copy 2           copy 3         from the view to the device
//   compute        step 0           step 1           step 2
//
// The network has two slots, which take turns: the computation reads one while the other is filled. On the CPU device,
// where a view is the memory itself, everything happens in the same order, one after another.
//
// MNIST as floats is 188 MB and fits on a GPU. This is for data that do not.
#pragma once

#include "chapters/01_serial/head.h"
#include "chapters/01_serial/mlp.h"

class Prefetch {
 public:
  // `parts` of order, one after another: the micro-batches of an epoch.  mlp and head have two slots.
  Prefetch(Mlp& mlp, SoftmaxHead& head, const Dataset& data, std::span<const uint32_t> order,
           std::vector<Range> parts);

  // The slot that holds the next micro-batch, for operations issued from now on; starts the copy of the one after it.
  int take();
  // Gathers the micro-batch after the next one into the view of the slot that take() returned. Call it when the operations on
  // that slot have been issued, so that the device computes meanwhile. The caller must have waited for the results of the
  // micro-batch before (SoftmaxHead::loss does): then the view has been copied to the device and may be written again.
  void gather_ahead();

 private:
  void gather(size_t part);
  void begin_copy(size_t part);
  size_t floats(size_t part) const { return parts_[part].size() * data_.features(); }
  static int slot(size_t part) { return int(part % 2); }

  Mlp& mlp_;
  SoftmaxHead& head_;
  const Dataset& data_;
  std::span<const uint32_t> order_;
  std::vector<Range> parts_;
  size_t next_ = 0;  // the part that take() returns next
};

// The micro-batches of one epoch over n samples, without empty ones.
std::vector<Range> micro_batches(size_t n, size_t batch, size_t parts);
