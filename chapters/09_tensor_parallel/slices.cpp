#include "chapters/09_tensor_parallel/slices.h"

#include <algorithm>

#include "chapters/05_collectives/collectives.h"
#include "chapters/05_collectives/messages.h"

namespace {

// Calls move(offset in the whole vector, offset in the part, n) for each stretch that is contiguous in both.
template <class Move>
void for_each_stretch(const Layout& whole, const Layout& part, Move move) {
  for (const Layer& layer : part.layers) {
    const Layer& all = whole.layers[size_t(layer.index - whole.layers.front().index)];
    for (const auto& [here, there] : {std::pair{layer.w, all.w}, std::pair{layer.b, all.b}})
      for (int r = 0; r < here.rows; ++r)
        move(there.offset + here.global_element(r, 0), here.offset + size_t(r) * size_t(here.columns),
             size_t(here.columns));
  }
}

}  // namespace

void place_slice(std::span<float> whole, const Layout& whole_layout, std::span<const float> part,
                 const Layout& part_layout) {
  for_each_stretch(whole_layout, part_layout, [&](size_t to, size_t from, size_t n) {
    std::copy_n(part.begin() + ptrdiff_t(from), n, whole.begin() + ptrdiff_t(to));
  });
}

void cut_slice(std::span<float> part, const Layout& part_layout, std::span<const float> whole,
               const Layout& whole_layout) {
  for_each_stretch(whole_layout, part_layout, [&](size_t from, size_t to, size_t n) {
    std::copy_n(whole.begin() + ptrdiff_t(from), n, part.begin() + ptrdiff_t(to));
  });
}

std::vector<float> gather_slices(std::span<const float> mine, const std::vector<int>& sizes, Range here,
                                 MPI_Comm comm) {
  const Layout all = make_layout(sizes, here);
  std::vector<float> whole(all.count), slice;
  for (int rank = 0; rank < ranks_of(comm); ++rank) {
    const Layout layout = make_layout(sizes, here, {rank, ranks_of(comm)});
    slice.resize(layout.count);
    if (rank == rank_of(comm)) std::copy(mine.begin(), mine.end(), slice.begin());
    broadcast_chain(slice.data(), slice.size(), rank, comm);
    place_slice(whole, all, slice, layout);
  }
  return whole;
}
