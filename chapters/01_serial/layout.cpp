#include "chapters/01_serial/layout.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "common/error.h"
#include "common/philox.h"

namespace {

// The part of a matrix that is left when its rows and columns are cut to the given ranges. Here they are all of them.
Window window(size_t offset, Range rows, Range columns, int whole_rows, int whole_columns) {
  return {offset,     int(rows.size()), int(columns.size()), int(rows.first), int(columns.first),
          whole_rows, whole_columns};
}

}  // namespace

int Layout::widest() const {
  int widest = 0;
  for (const Layer& layer : layers) widest = std::max({widest, layer.in, layer.out});
  return widest;
}

Layout make_layout(const std::vector<int>& sizes, Range here, Slice slice) {
  const size_t depth = sizes.size() - 1;
  if (sizes.size() < 2 || here.empty() || here.last > depth)
    throw Error("layout: layers " + std::to_string(here.first) + " to " + std::to_string(here.last) + " of " +
                std::to_string(sizes.size()) + " sizes");
  Layout layout;
  for (size_t l = here.first; l < here.last; ++l) {
    const int in = sizes[l], out = sizes[l + 1];
    // For chapter 09, skip it now: which rows and columns of the layer are here. With one slice, all.
    const Split split = slice.count == 1 ? Split::none : l % 2 == 0 ? Split::columns : Split::rows;
    const Range all_rows{0, size_t(in)}, all_columns{0, size_t(out)};
    const Range rows = split == Split::rows ? share(all_rows, slice.count, slice.index) : all_rows;
    const Range columns =
        split == Split::columns ? share(all_columns, slice.count, slice.index) : all_columns;

    Layer layer;
    layer.index = int(l);
    layer.in = int(rows.size());
    layer.out = int(columns.size());
    layer.activation = l + 1 < depth ? Activation::relu : Activation::none;
    layer.split = split;
    layer.w = window(layout.count, rows, columns, in, out);
    layer.b = window(layout.count + layer.w.size(), {0, 1}, columns, 1, out);
    layout.count = layer.range().last;
    layout.layers.push_back(layer);
  }
  return layout;
}

Layout make_layout(const std::vector<int>& sizes) {
  if (sizes.size() < 2) throw Error("layout: a network needs an input and an output size");
  return make_layout(sizes, {0, sizes.size() - 1});
}

void initialize(float* parameters, const Layout& layout, uint64_t seed) {
  for (const Layer& layer : layout.layers) {
    const Window& w = layer.w;
    const float bound = std::sqrt(6.0f / float(w.whole_rows));
    for (int r = 0; r < w.rows; ++r)
      for (int c = 0; c < w.columns; ++c) {
        const Philox4 words =
            random_words(seed, RandomStream::weights, uint32_t(layer.index), w.global_element(r, c));
        parameters[w.offset + size_t(r) * size_t(w.columns) + size_t(c)] =
            bound * (2 * uniform(words[0]) - 1);
      }
    std::fill_n(parameters + layer.b.offset, layer.b.size(), 0.0f);
  }
}
