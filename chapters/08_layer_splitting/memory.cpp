#include "chapters/08_layer_splitting/memory.h"

#include <algorithm>

namespace {

// Floats of one chunk.
size_t activations(const Layout& layout, size_t slots, size_t rows, bool first, bool last) {
  size_t kept = size_t(layout.in()) + size_t(layout.out()), widest_inner = 0;
  for (const Layer& layer : layout.layers) {
    kept += size_t(layer.out);
    if (&layer != &layout.layers.front()) widest_inner = std::max(widest_inner, size_t(layer.in));
  }
  if (!first) kept += size_t(layout.in());
  if (last) kept += 2;
  return rows * (slots * kept + 2 * widest_inner);
}

}  // namespace

StageMemory predict_memory(const Schedule& schedule, const StageLayout& layout, int stage, int rows,
                           int state_vectors) {
  StageMemory memory;
  memory.parameters = memory.gradients = sizeof(float) * layout.count;
  memory.optimizer = sizeof(float) * layout.count * size_t(state_vectors);
  for (size_t i = 0; i < layout.chunks.size(); ++i) {
    const int chunk = int(i) * schedule.stages + stage;
    memory.activations += sizeof(float) * activations(layout.chunks[i], size_t(schedule.slots[size_t(chunk)]),
                                                      size_t(rows), chunk == 0, chunk == schedule.chunks() - 1);
  }
  return memory;
}
