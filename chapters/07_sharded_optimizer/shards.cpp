#include "chapters/07_sharded_optimizer/shards.h"

#include <algorithm>

std::vector<Unit> make_units(const Layout& layout, size_t smallest, int keep_every) {
  std::vector<Unit> units;
  int last = int(layout.layers.size());
  for (int l = last - 1; l >= 0; --l) {
    const Range range{layout.layers[size_t(l)].range().first, layout.layers[size_t(last - 1)].range().last};
    const bool first_of_stretch = l == 0 || (keep_every > 1 && l % keep_every == 0);
    if (range.size() < smallest && !first_of_stretch) continue;
    units.push_back({l, last, range});
    last = l;
  }
  std::reverse(units.begin(), units.end());
  return units;
}

size_t Shards::offset(size_t unit, int rank) const {
  size_t offset = 0;
  for (size_t u = 0; u < unit; ++u) offset += part(u, rank).size();
  return offset;
}

size_t Shards::largest_unit(size_t first, size_t every) const {
  size_t largest = 0;
  for (size_t u = first; u < units.size(); u += every) largest = std::max(largest, units[u].range.size());
  return largest;
}

size_t Shards::largest_part(int rank) const {
  size_t largest = 0;
  for (size_t u = 0; u < units.size(); ++u) largest = std::max(largest, part(u, rank).size());
  return largest;
}

size_t Shards::unit_of(int layer) const {
  size_t u = 0;
  while (units[u].last_layer <= layer) ++u;
  return u;
}
