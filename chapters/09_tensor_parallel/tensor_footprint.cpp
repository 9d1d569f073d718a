#include "chapters/09_tensor_parallel/tensor_footprint.h"

#include <algorithm>

#include "chapters/05_collectives/blocks.h"
#include "chapters/05_collectives/gpu_collectives.h"

TensorFootprint tensor_footprint(const std::vector<int>& sizes, Range here, Slice slice, const Space& space,
                                 int state_vectors, size_t bytes) {
  const size_t rows = size_t(space.rows), slots = size_t(space.slots);
  const bool cut = slice.count > 1;
  const auto whole = [&](size_t a) { return size_t(sizes[a]); };
  const auto mine = [&](size_t a) {
    return share(whole(a), size_t(slice.count), size_t(slice.index)).size();
  };
  const auto width = [&](size_t a) { return a % 2 == 0 ? whole(a) : mine(a); };

  TensorFootprint f;
  size_t parameters = 0, per_slot = width(here.first), widest_inner = 0, longest = 0, longest_stored = 0;
  for (size_t l = here.first; l < here.last; ++l) {
    const bool by_columns = l % 2 == 0;
    parameters += width(l) * width(l + 1) + width(l + 1);
    per_slot += width(l + 1);
    if (l > here.first) widest_inner = std::max(widest_inner, width(l));
    const bool summed = cut && (!by_columns || l > here.first || space.input_gradient);
    if (!summed) continue;
    f.sums.push_back(rows * whole(by_columns ? l : l + 1));
    const bool logits = !by_columns && l + 2 == sizes.size();  // these are floats
    size_t& of = bytes == 2 && !logits ? longest_stored : longest;
    of = std::max(of, f.sums.back());
  }
  per_slot += width(here.last);  // the gradient of the output
  if (space.input_gradient) per_slot += width(here.first);

  size_t head = 0;
  if (here.last + 1 == sizes.size()) {
    const bool split_classes = cut && here.last % 2 == 1;
    head = 2 * slots + (split_classes ? 2 : 0);
    if (split_classes) f.sums.push_back(rows), longest = std::max(longest, rows);
  }
  f.parameters = f.gradients = 4 * parameters;
  f.optimizer = size_t(state_vectors) * f.parameters;
  f.activations = 4 * rows * (slots * per_slot + 2 * widest_inner + head);
  const size_t in_boxes = std::min(longest, GpuCollectives::one_shot), words = size_t(slice.count) * ((longest_stored + 1) / 2);
  f.exchange = 4 * (2 * in_boxes + std::max(longest > in_boxes ? longest : 0, words));
  const size_t block = longest > in_boxes ? Blocks{longest, slice.count}.size(slice.index) : 0;
  f.by_mpi = 4 * (size_t(slice.count - 1) * std::max(in_boxes, block) + words);
  return f;
}
