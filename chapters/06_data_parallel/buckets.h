// In which pieces the gradients travel.
#pragma once

#include <vector>

#include "common/split.h"

// Cuts [0, n) into pieces of `length` elements (0: one piece), the last elements first, because backward finishes the
// last layer first. Pieces do not care where layers end. The one at the front may be shorter.
inline std::vector<Range> make_buckets(size_t n, size_t length) {
  std::vector<Range> buckets;
  if (length == 0) length = n;
  for (size_t last = n; last > 0; last = buckets.back().first) buckets.push_back({last > length ? last - length : 0, last});
  return buckets;
}
