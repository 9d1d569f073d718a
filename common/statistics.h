// What a benchmark says of its repetitions.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

// The value that a share q (0 to 1) of the others does not exceed: element floor(q (n - 1)) of the n sorted values, n > 0.
inline double quantile(std::vector<double> values, double q) {
  const auto at = values.begin() + ptrdiff_t(q * double(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}
inline double median(const std::vector<double>& values) { return quantile(values, 0.5); }

struct Interval {
  double low, high;
};
// Where the true median lies with a probability of at least 95 %: from the r-th smallest to the r-th largest of the n > 0
// values, r as large as possible.  Each value falls on either side of the true median like a coin, so it lies outside with the
// probability 2 P(Binomial(n, 1/2) < r).  Fewer than six values are too few for 95 %: then it is from the least to the largest.
inline Interval median_interval(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const double n = double(values.size());
  auto probability = [n](double heads) {  // of exactly so many in n tosses
    return std::exp(std::lgamma(n + 1) - std::lgamma(heads + 1) - std::lgamma(n - heads + 1) - n * std::log(2.0));
  };
  size_t r = 1;
  for (double outside = 2 * probability(0); (outside += 2 * probability(double(r))) <= 0.05;) ++r;
  return {values[r - 1], values[values.size() - r]};
}
