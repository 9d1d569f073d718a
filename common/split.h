// How n things are divided over parts: rows over micro-batches, rows over ranks, layers over stages, columns over ranks.
#pragma once

#include <cstddef>
#include <vector>

// The half-open range [first, last).
struct Range {
  size_t first = 0, last = 0;
  size_t size() const { return last - first; }
  bool empty() const { return first == last; }
  bool operator==(const Range&) const = default;
};

// Part `index` of `parts` nearly equal, contiguous parts of `whole`. A pure function, so every rank knows all parts.
// Sizes differ by at most one; with more parts than things some are empty. parts >= 1, 0 <= index < parts.
constexpr Range share(Range whole, size_t parts, size_t index) {
  const size_t n = whole.last - whole.first;
  const size_t quotient = n / parts, remainder = n % parts;  // n * index could overflow
  auto bound = [&](size_t i) { return whole.first + quotient * i + remainder * i / parts; };
  return {bound(index), bound(index + 1)};
}
constexpr Range share(size_t n, size_t parts, size_t index) { return share(Range{0, n}, parts, index); }

// The batches of an epoch over n samples: `batch` rows each; the last one may be smaller and is kept.
inline std::vector<Range> batches(size_t n, size_t batch) {
  std::vector<Range> all;
  for (size_t first = 0; first < n; first += batch)
    all.push_back({first, first + batch < n ? first + batch : n});
  return all;
}
