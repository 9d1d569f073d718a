#include "chapters/10_hybrid/grid_footprint.h"

#include "chapters/08_layer_splitting/memory.h"
#include "chapters/08_layer_splitting/partition.h"
#include "chapters/09_tensor_parallel/tensor_footprint.h"

// Of slices and stages, between GPUs.
static size_t bytes_between_gpus(const HybridSettings& s, const GridShape& shape, const GridPlace& place, const StageLayout& layout,
                                 const Schedule& schedule) {
  const bool by_mpi = s.exchange == "mpi";
  size_t bytes = predict_memory(schedule, layout, place.pipeline, s.rows(), 0, true, by_mpi, s.activation_bytes).exchange;
  const std::vector<Range> chunks = balanced_chunks(s.sizes, shape.pipeline * s.chunks);
  for (size_t chunk = size_t(place.pipeline); chunk < chunks.size(); chunk += size_t(shape.pipeline)) {
    const TensorFootprint f = tensor_footprint(s.sizes, chunks[chunk], {place.tensor, shape.tensor}, {.rows = s.rows(), .input_gradient = chunk > 0}, 0,
                                               s.activation_bytes);
    if (s.activation_bytes == 4 || shape.tensor <= 4) bytes += by_mpi ? f.by_mpi : f.exchange;  // else through the host
  }
  return bytes;
}

GridFootprint predict_footprint(const HybridSettings& s, const GridShape& shape, const GridPlace& place) {
  const StageLayout layout = stage_layout(s, shape, place);
  const Schedule schedule = stage_schedule(s, shape, place);
  const size_t rows = size_t(s.rows());
  const bool peers = s.exchange != "host", by_mpi = s.exchange == "mpi";
  const Shards shards = stage_shards(layout, shape.data);
  size_t floats = 0;
  for (size_t i = 0; i < layout.chunks.size(); ++i) {
    const size_t chunk = i * size_t(shape.pipeline) + size_t(place.pipeline);
    floats += chunk_activations(layout.chunks[i], size_t(schedule.slots[chunk]), rows, chunk == 0, s.keep_every, schedule.halves,
                                s.activation_bytes);
  }
  if (place.pipeline == shape.pipeline - 1) {
    const bool split = layout.chunks.back().layers.back().split == Split::columns;
    const int places = peers ? schedule.micro_batches : schedule.slots.back();
    floats += rows * (2 * size_t(places) + (split ? 2 : 0));
  }
  const size_t others = shards.size(place.data) * terms_of_others(s.micro_batches, s.reproducible, shape.data, place.data);
  const size_t own = layout.count * own_terms(s.micro_batches, s.reproducible, shape.data, place.data);
  size_t exchange = others;
  const Nodes nodes = peers || s.two_level ? data_nodes(s, shape, place) : Nodes{};
  const bool apart = nodes.ranks.size() > 1 && !s.two_level && !by_mpi;  // no window reaches all
  if (peers && shape.data > 1 && !s.reproducible && !s.gradients_as && !apart) {
    const bool two = s.two_level && nodes.ranks.size() > 1;
    const size_t sums = two ? floats_of_node_sums(shards, nodes, place.data) : shards.size(place.data);
    const size_t near = two ? nodes.ranks[size_t(nodes.node_of[size_t(place.data)])].size() : size_t(shape.data);
    exchange = (two ? sums + (nodes.ranks.size() - 1) * shards.size(place.data) : 0) + (by_mpi ? (near - 1) * sums : 0);
  } else if (s.two_level && !s.reproducible) {
    exchange = two_level_floats(shards.largest_unit(), nodes, place.data);
  }
  const bool rounds_terms = s.gradients_as && (s.reproducible || (shape.data > 1 && !s.two_level));
  if (rounds_terms) exchange = (others + 1) / 2 + (own + 1) / 2;
  return {
      .parameters = 4 * layout.count,
      .gradients = 4 * own,
      .optimizer = 4 * shards.size(place.data) * size_t(state_vectors(s.optimizer)),
      .activations = 4 * floats,
      .exchange = 4 * exchange + (peers ? bytes_between_gpus(s, shape, place, layout, schedule) : 0),
  };
}

GridFootprint largest_footprint(const HybridSettings& settings, const GridShape& shape) {
  GridFootprint largest;
  for (int rank = 0; rank < shape.ranks(); ++rank) {
    const GridFootprint f = predict_footprint(settings, shape, place_of(rank, shape));
    if (f.sum() > largest.sum()) largest = f;
  }
  return largest;
}

GridFootprint counted_footprint(const Device& device) {
  const auto peak = [&](Purpose purpose) { return device.memory(purpose).peak; };
  return {peak(Purpose::parameters), peak(Purpose::gradients), peak(Purpose::optimizer), peak(Purpose::activations),
          peak(Purpose::exchange)};
}
