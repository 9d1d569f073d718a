#include "chapters/13_scaling/topology.h"

Topology::Topology(const Cluster& c, int ranks)
    : cluster_(c),
      nodes_((ranks + c.ranks_per_node - 1) / c.ranks_per_node),
      island_(c.ranks_per_island > 0 ? c.ranks_per_island : c.ranks_per_node),
      rack_(c.nodes_per_rack > 0 ? c.nodes_per_rack : nodes_),
      switches_of_rack_(c.rails ? c.cards_per_node : 1) {
  const int racks = (nodes_ + rack_ - 1) / rack_, cards_of_switch = rack_ * c.cards_per_node / switches_of_rack_;
  ranks_ = add_ports(ranks, c.inside.bytes_per_second);
  islands_ = add_ports(nodes_ * c.ranks_per_node / island_, c.island_bytes_per_second);
  cards_ = add_ports(nodes_ * c.cards_per_node, c.between.bytes_per_second);
  switches_ = add_ports(racks * switches_of_rack_, cards_of_switch * c.between.bytes_per_second / c.oversubscription);
}

int Topology::add_ports(int things, double bytes_per_second) {
  const int first = ports();
  bytes_per_second_.insert(bytes_per_second_.end(), 2 * size_t(things), bytes_per_second);
  return first;
}

int Topology::slot_of(int rank) const {
  return cluster_.round_robin ? rank % nodes_ * cluster_.ranks_per_node + rank / nodes_ : rank;
}

// Cards are dealt out in turn: with 8 ranks and 4 cards, ranks 0 and 4 share card 0.
int Topology::card_of(int rank) const {
  return node_of(rank) * cluster_.cards_per_node +
         slot_of(rank) % cluster_.ranks_per_node % cluster_.cards_per_node;
}

int Topology::switch_of(int card) const {
  const int rack = card / cluster_.cards_per_node / rack_;
  return rack * switches_of_rack_ + card % cluster_.cards_per_node % switches_of_rack_;
}

Route Topology::route(int from, int to) const {
  const auto out = [](int kind, int thing) { return kind + 2 * thing; };
  const auto in = [](int kind, int thing) { return kind + 2 * thing + 1; };
  // The ports of two things, and between them those of what they belong to, if that is not the same.
  const auto through = [&](int kind, int a, int b, int above, int its_a, int its_b) -> Route {
    if (its_a == its_b) return {{out(kind, a), in(kind, b)}, 2};
    return {{out(kind, a), out(above, its_a), in(above, its_b), in(kind, b)}, 4};
  };
  if (node_of(from) == node_of(to)) return through(ranks_, from, to, islands_, island_of(from), island_of(to));
  const int a = card_of(from), b = card_of(to);
  return through(cards_, a, b, switches_, switch_of(a), switch_of(b));
}
