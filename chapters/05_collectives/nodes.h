// Which ranks share a node, and who stands for whom there: two_level_halves.h says what for. No MPI: a plan asks it, too.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

// Which rank of a communicator is on which node.
struct Nodes {
  std::vector<std::vector<int>> ranks;  // by node: its ranks, ascending; the nodes in the order of their first ranks
  std::vector<int> node_of, place_of;   // by rank: its node, and which of this node's ranks it is

  bool empty() const { return ranks.empty(); }
  // Who stands for `owner` in `node`. A node with fewer ranks deals the others' places to them in turn.
  int deputy(int owner, int node) const;
  // The owners, `rank` itself among them, for whom `rank` stands in its node, ascending.
  std::vector<int> owners_of(int rank) const;
};

// names: one a rank; ranks with the same name share a node.
Nodes make_nodes(std::span<const int> names);

// How many messages, of a block each, `rank` sends in one of these halves to ranks of its node and to others; and in a half of
// rank order, which knows no nodes.
struct BlockMessages {
  int inside = 0, between = 0;
  bool operator==(const BlockMessages&) const = default;
};
BlockMessages messages_in_two_levels(const Nodes& nodes, int rank);
BlockMessages messages_in_one_level(const Nodes& nodes, int rank);

// Floats that `rank` has for a reduce-scatter of n elements: for each block for which it stands an operand of every rank of its node, and
// their sum; for its own block a sum of every node. On m nodes of r ranks that is m (r + 1) + m blocks, p + 2 m; each as long as the longest.
size_t two_level_floats(size_t n, const Nodes& nodes, int rank);
