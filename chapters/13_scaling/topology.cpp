#include "chapters/13_scaling/topology.h"

Topology::Topology(const Cluster& cluster, int ranks)
    : cluster_(cluster),
      first_card_(2 * ranks),
      cards_((cluster.node_of(ranks - 1) + 1) * cluster.cards_per_node) {}

// Cards are dealt out in turn: with 8 ranks and 4 cards, ranks 0 and 4 share card 0.
int Topology::card_of(int rank) const {
  return cluster_.node_of(rank) * cluster_.cards_per_node +
         rank % cluster_.ranks_per_node % cluster_.cards_per_node;
}

std::array<int, 2> Topology::route(int from, int to) const {
  if (cluster_.node_of(from) == cluster_.node_of(to)) return {2 * from, 2 * to + 1};
  return {first_card_ + 2 * card_of(from), first_card_ + 2 * card_of(to) + 1};
}

double Topology::bytes_per_second(int port) const {
  return (port < first_card_ ? cluster_.inside : cluster_.between).bytes_per_second;
}
