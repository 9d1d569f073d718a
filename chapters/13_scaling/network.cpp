#include "chapters/13_scaling/network.h"

#include <algorithm>

Network::Network(const Cluster& cluster, int ranks)
    : cluster_(cluster),
      ranks_(size_t(ranks)),
      cards_(size_t(cluster.node_of(ranks - 1) + 1) * size_t(cluster.cards_per_node)) {}

// Cards are dealt out in turn: with 8 ranks and 4 cards, ranks 0 and 4 share card 0.
Network::Port& Network::port_of(int rank, bool inside) {
  if (inside) return ranks_[size_t(rank)];
  const int card = rank % cluster_.ranks_per_node % cluster_.cards_per_node;
  return cards_[size_t(cluster_.node_of(rank) * cluster_.cards_per_node + card)];
}

Network::Flight Network::send(double now, int from, int to, double bytes) {
  const bool inside = cluster_.node_of(from) == cluster_.node_of(to);
  const Link& link = inside ? cluster_.inside : cluster_.between;
  const double on_the_wire = bytes / link.bytes_per_second;
  Port &source = port_of(from, inside), &target = port_of(to, inside);

  const double first_byte = std::max(now, source.out) + link.overhead;
  source.out = first_byte + on_the_wire;
  target.in = std::max(first_byte + link.latency, target.in) + on_the_wire;
  return {source.out, target.in};
}
