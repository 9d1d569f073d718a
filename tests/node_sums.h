// What data ranks on nodes train in two levels, as one process computes it.
#pragma once

#include <map>

#include "tests/grid_runs.h"
#include "tests/micro_batches.h"

namespace grid_runs {

// Ranks of the grid on nodes in many ways: one node, nodes of two neighbours, dealt in turn, three ranks and the rest.
inline std::vector<std::vector<int>> some_nodes() {
  std::vector<std::vector<int>> all(4, std::vector<int>(size_t(ranks())));
  for (int r = 0; r < ranks(); ++r) {
    const int names[] = {0, r / 2, r % 2, r < 3 ? 5 : 2};
    for (size_t i = 0; i < all.size(); ++i) all[i][size_t(r)] = names[i];
  }
  return all;
}

// Each data rank adds its micro-batches up while it computes them, then each node its ranks; round(sum of a node, (vector)); then come the
// nodes. The weights after so many steps. s.nodes: a name for the node of each of the data ranks.
std::vector<float> train_by_nodes(Device& device, const HybridSettings& s, const Dataset& d, int steps, auto round) {
  const Layout layout = make_layout(s.sizes);
  std::vector<float> parameters(layout.count), gradients(layout.count);
  initialize(parameters.data(), layout, 1);
  const Space space{.rows = s.rows()};
  Mlp mlp(device, layout, parameters.data(), gradients.data(), space);
  SoftmaxHead head(device, space);
  Optimizer optimizer(device, s.optimizer, layout.count);
  const auto add = [](std::vector<float>& sum, const std::vector<float>& more) {
    if (sum.empty()) sum = more;
    else for (size_t i = 0; i < more.size(); ++i) sum[i] += more[i];
  };
  const int data_ranks = int(s.nodes.size());
  for_each_step(d, 0, steps, [&](const std::vector<uint32_t>& order, Range batch) {
    std::vector<int> nodes;  // in the order of their first ranks
    std::map<int, std::vector<float>> sums;
    for (int r = 0; r < data_ranks; ++r) {
      std::fill(gradients.begin(), gradients.end(), 0.0f);
      gradients_of(mlp, head, d, order, batch, s.micro_batches, own_micro_batches(s.micro_batches, data_ranks, r));
      const int node = s.nodes[size_t(r)];
      if (!sums.contains(node)) nodes.push_back(node);
      add(sums[node], gradients);
    }
    std::vector<float> total;
    for (int node : nodes) {
      round(sums[node]);
      add(total, sums[node]);
    }
    optimizer.step(parameters.data(), total.data());
    return 0.0;
  });
  return parameters;
}

inline std::vector<float> train_by_nodes(const HybridSettings& s, const Dataset& d, int steps) {
  CpuDevice device;
  return train_by_nodes(device, s, d, steps, [](std::vector<float>&) {});
}

}  // namespace grid_runs
