// What a benchmark says of its repetitions.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

// The value that a share q (0 to 1) of the others does not exceed: element floor(q (n - 1)) of the n sorted values, n > 0.
inline double quantile(std::vector<double> values, double q) {
  const auto at = values.begin() + ptrdiff_t(q * double(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}
inline double median(const std::vector<double>& values) { return quantile(values, 0.5); }
