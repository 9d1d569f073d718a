#include "chapters/08_layer_splitting/memory.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "chapters/01_serial/mlp.h"

size_t chunk_activations(const Layout& chunk, size_t slots, size_t rows, bool first, int keep_every, bool keep_gradients) {
  const int depth = int(chunk.layers.size());
  size_t kept = size_t(chunk.in()) + size_t(chunk.out()), widest_inner = 0;
  std::vector<size_t> shared(size_t(keep_every), 0);
  for (int a = 1; a <= depth; ++a) {
    const size_t width = size_t(chunk.layers[size_t(a) - 1].out);
    if (is_kept(a, depth, keep_every)) kept += width;
    else shared[size_t(a % keep_every)] = std::max(shared[size_t(a % keep_every)], width);
    if (a < depth && keep_gradients) kept += width;
    else if (a < depth) widest_inner = std::max(widest_inner, width);
  }
  if (!first) kept += size_t(chunk.in());
  return rows * (slots * kept + std::accumulate(shared.begin(), shared.end(), size_t{0}) + 2 * widest_inner);
}

StageMemory predict_memory(const Schedule& schedule, const StageLayout& layout, int stage, int rows,
                           int state_vectors) {
  StageMemory memory;
  memory.parameters = memory.gradients = sizeof(float) * layout.count;
  memory.optimizer = sizeof(float) * layout.count * size_t(state_vectors);
  for (size_t i = 0; i < layout.chunks.size(); ++i) {
    const int chunk = int(i) * schedule.stages + stage;
    const size_t slots = size_t(schedule.slots[size_t(chunk)]);
    memory.activations += sizeof(float) * chunk_activations(layout.chunks[i], slots, size_t(rows), chunk == 0, schedule.keep_every, schedule.halves);
    if (chunk == schedule.chunks() - 1) memory.activations += sizeof(float) * slots * size_t(rows) * 2;
  }
  return memory;
}
