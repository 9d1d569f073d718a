#include "chapters/10_hybrid/segments.h"

#include <algorithm>

namespace {

Range overlap(Range a, Range b) {
  const size_t first = std::max(a.first, b.first), last = std::min(a.last, b.last);
  return {first, std::max(first, last)};
}

// Appends the elements `part` of a window, row by row; neighbours in memory and in the file become one segment.
void append(std::vector<Segment>& segments, const Window& window, size_t matrix_place, Range part, float* memory) {
  const size_t columns = size_t(window.columns);
  for (size_t i = part.first; i < part.last;) {
    const size_t element = i - window.offset, row = element / columns, column = element % columns;
    const size_t count = std::min(columns - column, part.last - i);
    const size_t place = matrix_place + window.global_element(int(row), int(column));
    Segment* last = segments.empty() ? nullptr : &segments.back();
    if (last && last->memory + last->count == memory && last->place + last->count == place) last->count += count;
    else segments.push_back({memory, place, count});
    memory += count;
    i += count;
  }
}

}  // namespace

std::vector<Segment> segments_of(const Layout& here, const Layout& whole, Slice slice, Range range, float* memory,
                                 size_t place, Copies copies) {
  std::vector<Segment> segments;
  const auto add = [&](const Window& window, const Window& matrix) {
    const Range part = overlap(window.range(), range);
    if (!part.empty()) append(segments, window, place + matrix.offset, part, memory + (part.first - range.first));
  };
  for (const Layer& layer : here.layers) {
    const Layer& unsplit = whole.layers[size_t(layer.index)];
    const bool copy_of_bias = layer.split == Split::rows && slice.index > 0;
    add(layer.w, unsplit.w);
    if (copies == Copies::all || !copy_of_bias) add(layer.b, unsplit.b);
  }
  return segments;
}
