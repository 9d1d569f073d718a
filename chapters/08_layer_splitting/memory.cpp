#include "chapters/08_layer_splitting/memory.h"

#include <algorithm>
#include <vector>

#include "chapters/01_serial/mlp.h"

size_t chunk_activations(const Layout& chunk, size_t slots, size_t rows, bool first, int keep_every, bool keep_gradients,
                         size_t bytes) {
  const int depth = int(chunk.layers.size());
  const auto buffer = [&](int width) { return (rows * size_t(width) * bytes + 3) / 4; };
  const bool has_head = chunk.layers.back().activation == Activation::none;
  size_t slot = buffer(chunk.in()) + 2 * (has_head ? rows * size_t(chunk.out()) : buffer(chunk.out()));
  int widest_inner = 0;
  std::vector<int> shared(size_t(keep_every), 0);
  for (int a = 1; a < depth; ++a) {
    const int width = chunk.layers[size_t(a) - 1].out;
    int& place = shared[size_t(a % keep_every)];
    if (is_kept(a, depth, keep_every)) slot += buffer(width);
    else place = std::max(place, width);
    if (keep_gradients) slot += buffer(width);
    else widest_inner = std::max(widest_inner, width);
  }
  if (!first) slot += buffer(chunk.in());
  size_t all = slots * slot + 2 * buffer(widest_inner);
  for (int width : shared) all += buffer(width);
  return all;
}

StageMemory predict_memory(const Schedule& schedule, const StageLayout& layout, int stage, int rows,
                           int state_vectors, bool waits_late, bool by_mpi, size_t bytes) {
  StageMemory memory;
  memory.parameters = memory.gradients = sizeof(float) * layout.count;
  size_t from_before = 0, from_behind = 0;
  memory.optimizer = sizeof(float) * layout.count * size_t(state_vectors);
  for (size_t i = 0; i < layout.chunks.size(); ++i) {
    const int chunk = int(i) * schedule.stages + stage;
    const size_t slots = size_t(schedule.slots[size_t(chunk)]);
    memory.activations += sizeof(float) * chunk_activations(layout.chunks[i], slots, size_t(rows), chunk == 0, schedule.keep_every,
                                                            schedule.halves, bytes);
    const size_t places = waits_late ? size_t(schedule.micro_batches) : slots;
    if (chunk == schedule.chunks() - 1) memory.activations += sizeof(float) * places * size_t(rows) * 2;
    else from_behind = std::max(from_behind, size_t(layout.chunks[i].out()));
    if (chunk > 0) from_before = std::max(from_before, size_t(layout.chunks[i].in()));
  }
  if (!waits_late) return memory;
  if (schedule.stages == 1 || by_mpi) from_before = from_behind = 0;
  const size_t images = stage == 0 ? size_t(schedule.micro_batches) * size_t(layout.chunks[0].in()) : 0;
  const auto box = [&](size_t width) { return (size_t(rows) * width * bytes + 3) / 4; };
  memory.exchange = sizeof(float) * (2 * (box(from_before) + box(from_behind)) + size_t(rows) * images);
  return memory;
}
