// Where each rank stands, and which ports a message goes through.
//
//   inside an island (GPUs with links of their own; without islands the node)   out of the rank, into the other rank
//   to another island of the node                                               and between these, out of the island, into the other one
//   to another node                                                             out of the card, into the other card
//   to a card at another switch                                                 and between these, up to the spine, down to the other switch
//
// A rank and an island have one port out and one port in; so have a network card, which ranks of a node share, and a switch. A switch has
// the cards of a rack; with rails, those of a rack with the same number in their nodes. Its port to the spine is as wide as the
// cards below it, divided by the oversubscription. Without racks and rails there is one switch, with room for everybody.
#pragma once

#include <array>
#include <vector>

#include "chapters/13_scaling/cluster.h"

constexpr int most_ports = 4;
struct Route {
  std::array<int, most_ports> port{};  // the one that a message leaves through first, the one that it comes in by last
  int ports = 2;
  const int* begin() const { return port.data(); }
  const int* end() const { return begin() + ports; }
};

class Topology {
 public:
  Topology(const Cluster& cluster, int ranks);
  int node_of(int rank) const { return slot_of(rank) / cluster_.ranks_per_node; }
  const Link& link(int a, int b) const { return node_of(a) == node_of(b) ? cluster_.inside : cluster_.between; }
  Route route(int from, int to) const;  // of a message from one rank to another one

  int ports() const { return int(bytes_per_second_.size()); }
  double bytes_per_second(int port) const { return bytes_per_second_[size_t(port)]; }

 private:
  int slot_of(int rank) const;  // the slots of a node are numbered one after the other
  int island_of(int rank) const { return slot_of(rank) / island_; }
  int card_of(int rank) const;
  int switch_of(int card) const;
  int add_ports(int things, double bytes_per_second);  // one out and one in of each; returns the first

  const Cluster& cluster_;
  int nodes_, island_, rack_, switches_of_rack_;  // ranks of an island, nodes of a rack
  int ranks_, islands_, cards_, switches_;        // the first port of each kind
  std::vector<double> bytes_per_second_;
};
