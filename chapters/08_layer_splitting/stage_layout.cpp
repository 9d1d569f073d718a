#include "chapters/08_layer_splitting/stage_layout.h"

#include <algorithm>

#include "chapters/05_collectives/messages.h"
#include "common/mpi/session.h"

namespace {

void receive_chunks(std::vector<float>& all, const std::vector<uint64_t>& bounds, int rank, MPI_Comm comm) {
  for (size_t i = 0; i + 1 < bounds.size(); i += 2)
    receive_floats(all.data() + bounds[i], bounds[i + 1] - bounds[i], rank, comm);
}

// The chunks' places in the whole network: first, last, first, last, ...
std::vector<uint64_t> bounds_of(const StageLayout& layout) {
  std::vector<uint64_t> bounds;
  for (const Range& range : layout.whole) bounds.insert(bounds.end(), {range.first, range.last});
  return bounds;
}

}  // namespace

StageLayout make_stage_layout(const std::vector<int>& sizes, const std::vector<Range>& layers, int stages, int stage,
                              Slice slice) {
  const Layout network = make_layout(sizes);
  StageLayout layout;
  layout.whole_count = network.count;
  for (size_t c = size_t(stage); c < layers.size(); c += size_t(stages)) {
    layout.chunks.push_back(make_layout(sizes, layers[c], slice));
    layout.offsets.push_back(layout.count);
    layout.count += layout.chunks.back().count;
    layout.whole.push_back(
        {network.layers[layers[c].first].range().first, network.layers[layers[c].last - 1].range().last});
  }
  return layout;
}

void initialize(float* parameters, const StageLayout& layout, uint64_t seed) {
  for (size_t c = 0; c < layout.chunks.size(); ++c) initialize(parameters + layout.offsets[c], layout.chunks[c], seed);
}

std::vector<float> gather_weights(const std::vector<float>& weights, const StageLayout& layout, MPI_Comm comm) {
  const std::vector<uint64_t> bounds = bounds_of(layout);
  if (rank_of(comm) != 0) {
    const int numbers = int(bounds.size());
    MPI_CHECK(MPI_Send(bounds.data(), numbers, MPI_UINT64_T, 0, 0, comm));
    for (size_t c = 0; c < layout.chunks.size(); ++c)
      send_floats(weights.data() + layout.offsets[c], layout.chunks[c].count, 0, comm);
    return {};
  }
  std::vector<float> all(layout.whole_count);
  for (size_t c = 0; c < layout.chunks.size(); ++c)
    std::copy_n(weights.data() + layout.offsets[c], layout.chunks[c].count, all.data() + layout.whole[c].first);
  for (int rank = 1; rank < ranks_of(comm); ++rank) {
    std::vector<uint64_t> theirs(bounds.size());  // every stage has equally many chunks
    MPI_CHECK(MPI_Recv(theirs.data(), int(theirs.size()), MPI_UINT64_T, rank, 0, comm, MPI_STATUS_IGNORE));
    receive_chunks(all, theirs, rank, comm);
  }
  return all;
}
