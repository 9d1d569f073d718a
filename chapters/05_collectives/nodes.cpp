#include "chapters/05_collectives/nodes.h"

#include <algorithm>

#include "chapters/05_collectives/blocks.h"

int Nodes::deputy(int owner, int node) const {
  const std::vector<int>& there = ranks[size_t(node)];
  return there[size_t(place_of[size_t(owner)]) % there.size()];
}

std::vector<int> Nodes::owners_of(int rank) const {
  std::vector<int> owners;
  for (int owner = 0; owner < int(node_of.size()); ++owner)
    if (deputy(owner, node_of[size_t(rank)]) == rank) owners.push_back(owner);
  return owners;
}

Nodes make_nodes(std::span<const int> names) {
  Nodes nodes;
  std::vector<int> known;
  for (int rank = 0; rank < int(names.size()); ++rank) {
    const size_t node = size_t(std::ranges::find(known, names[size_t(rank)]) - known.begin());
    if (node == known.size()) known.push_back(names[size_t(rank)]), nodes.ranks.emplace_back();
    nodes.node_of.push_back(int(node));
    nodes.place_of.push_back(int(nodes.ranks[node].size()));
    nodes.ranks[node].push_back(rank);
  }
  return nodes;
}

BlockMessages messages_in_two_levels(const Nodes& nodes, int rank) {
  const int owners = int(nodes.owners_of(rank).size());
  return {int(nodes.node_of.size()) - owners, owners - 1};
}

BlockMessages messages_in_one_level(const Nodes& nodes, int rank) {
  const int here = int(nodes.ranks[size_t(nodes.node_of[size_t(rank)])].size());
  return {here - 1, int(nodes.node_of.size()) - here};
}

size_t two_level_floats(size_t n, const Nodes& nodes, int rank) {
  const size_t here = nodes.ranks[size_t(nodes.node_of[size_t(rank)])].size();
  return Blocks{n, int(nodes.node_of.size())}.longest() * ((here + 1) * nodes.owners_of(rank).size() + nodes.ranks.size());
}
