#include "chapters/03_fast_kernels/prefetch.h"

Prefetch::Prefetch(Mlp& mlp, SoftmaxHead& head, const Dataset& data, std::span<const uint32_t> order,
                   std::vector<Range> parts)
    : mlp_(mlp), head_(head), data_(data), order_(order), parts_(std::move(parts)) {
  gather(0);
  begin_copy(0);
  gather(1);
  mlp_.device().synchronize();  // the first gather_ahead() writes to the view that this copy reads
}

void Prefetch::gather(size_t part) {
  if (part >= parts_.size()) return;
  gather_images(mlp_.device().host_view(mlp_.input(slot(part)), floats(part)), data_, order_, parts_[part]);
}

void Prefetch::begin_copy(size_t part) {
  if (part < parts_.size()) mlp_.device().begin_copy_in(mlp_.input(slot(part)), floats(part));
}

int Prefetch::take() {
  const size_t part = next_++;
  mlp_.device().end_copy_in(mlp_.input(slot(part)), floats(part));
  head_.load_labels(data_, order_, parts_[part], slot(part));
  begin_copy(part + 1);  // its images are in the view since the step before
  return slot(part);
}

void Prefetch::gather_ahead() { gather(next_ + 1); }

std::vector<Range> micro_batches(size_t n, size_t batch, size_t parts) {
  std::vector<Range> all;
  for (const Range rows : batches(n, batch))
    for (size_t m = 0; m < parts; ++m)
      if (const Range part = share(rows, parts, m); !part.empty()) all.push_back(part);
  return all;
}
