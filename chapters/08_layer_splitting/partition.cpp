#include "chapters/08_layer_splitting/partition.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <string>

#include "common/error.h"

namespace {

// A cut and its cost: the costs of its ranges, combined.
struct Cut {
  double cost = std::numeric_limits<double>::infinity();
  std::vector<size_t> ends;
};

// The cheapest cut of [0, n) into `chunks` nonempty ranges, where [first, last) costs cost(first, last) and combine(a, b) is the
// cost of two parts of a cut together: a sum, or the larger one. best[e] is that of [0, e) into the chunks so far.
template <class Cost, class Combine>
Cut cheapest_cut(size_t n, int chunks, Cost cost, Combine combine) {
  std::vector<Cut> best(n + 1);
  best[0].cost = 0;
  for (int c = 0; c < chunks; ++c) {
    std::vector<Cut> next(n + 1);
    for (size_t end = 1; end <= n; ++end)
      for (size_t first = 0; first < end; ++first) {
        const double total = combine(best[first].cost, cost(first, end));
        if (!(total < next[end].cost)) continue;
        next[end] = {total, best[first].ends};
        next[end].ends.push_back(end);
      }
    best = std::move(next);
  }
  return best[n];
}

}  // namespace

size_t operations(const std::vector<int>& sizes, size_t layer, bool forward_only) {
  const size_t product = size_t(sizes[layer]) * size_t(sizes[layer + 1]);
  return product * (forward_only ? 1 : layer == 0 ? 2 : 3);
}

size_t operations(const std::vector<int>& sizes, Range layers, bool forward_only) {
  size_t sum = 0;
  for (size_t l = layers.first; l < layers.last; ++l) sum += operations(sizes, l, forward_only);
  return sum;
}

std::vector<Range> balanced_chunks(const std::vector<int>& sizes, int chunks) {
  const size_t depth = sizes.size() - 1;
  if (size_t(chunks) > depth)
    throw Error("pipeline: " + std::to_string(chunks) + " chunks of layers are more than the network's " +
                std::to_string(depth) + " layers");
  const auto cost = [&](size_t first, size_t last) { return double(operations(sizes, Range{first, last})); };
  const double largest = cheapest_cut(depth, chunks, cost, [](double a, double b) { return std::max(a, b); }).cost;
  const auto squared = [&](size_t first, size_t last) {
    const double c = cost(first, last);
    return c <= largest ? c * c : std::numeric_limits<double>::infinity();
  };
  const Cut cut = cheapest_cut(depth, chunks, squared, std::plus<>());
  std::vector<Range> result;
  for (size_t first = 0; size_t end : cut.ends) {
    result.push_back({first, end});
    first = end;
  }
  return result;
}

std::vector<Range> given_chunks(const std::vector<int>& sizes, int chunks, const std::vector<int64_t>& layers) {
  const int64_t depth = int64_t(sizes.size()) - 1, sum = std::accumulate(layers.begin(), layers.end(), int64_t(0));
  const bool positive = std::all_of(layers.begin(), layers.end(), [](int64_t n) { return n >= 1; });
  if (int64_t(layers.size()) != chunks || !positive || sum != depth)
    throw Error("--split: " + std::to_string(layers.size()) + " numbers with the sum " + std::to_string(sum) +
                ", expected " + std::to_string(chunks) + " positive ones with the sum " + std::to_string(depth) +
                ", the layers of the network");
  std::vector<Range> result;
  for (size_t first = 0; int64_t n : layers) {
    result.push_back({first, first + size_t(n)});
    first += size_t(n);
  }
  return result;
}
