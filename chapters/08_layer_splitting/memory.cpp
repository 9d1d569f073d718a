#include "chapters/08_layer_splitting/memory.h"

#include <algorithm>

size_t chunk_activations(const Layout& chunk, size_t slots, size_t rows, bool first) {
  size_t kept = size_t(chunk.in()) + size_t(chunk.out()), widest_inner = 0;
  for (const Layer& layer : chunk.layers) {
    kept += size_t(layer.out);
    if (&layer != &chunk.layers.front()) widest_inner = std::max(widest_inner, size_t(layer.in));
  }
  if (!first) kept += size_t(chunk.in());
  return rows * (slots * kept + 2 * widest_inner);
}

StageMemory predict_memory(const Schedule& schedule, const StageLayout& layout, int stage, int rows,
                           int state_vectors) {
  StageMemory memory;
  memory.parameters = memory.gradients = sizeof(float) * layout.count;
  memory.optimizer = sizeof(float) * layout.count * size_t(state_vectors);
  for (size_t i = 0; i < layout.chunks.size(); ++i) {
    const int chunk = int(i) * schedule.stages + stage;
    const size_t slots = size_t(schedule.slots[size_t(chunk)]);
    memory.activations += sizeof(float) * chunk_activations(layout.chunks[i], slots, size_t(rows), chunk == 0);
    if (chunk == schedule.chunks() - 1) memory.activations += sizeof(float) * slots * size_t(rows) * 2;
  }
  return memory;
}
