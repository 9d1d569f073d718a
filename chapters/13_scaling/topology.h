// Which ports a message goes through.
//
// A rank has one port out and one port in for messages inside its node; the network cards of a node have one of each for
// messages between nodes, and ranks share them. What lies between the ports, the switches, has room for everybody (a full fat
// tree).
#pragma once

#include <array>
#include <vector>

#include "chapters/13_scaling/cluster.h"

class Topology {
 public:
  Topology(const Cluster& cluster, int ranks);
  int ports() const { return first_card_ + 2 * cards_; }
  // The port that a message from one rank to another one leaves through, and the one that it comes in by.
  std::array<int, 2> route(int from, int to) const;
  double bytes_per_second(int port) const;

 private:
  int card_of(int rank) const;
  const Cluster& cluster_;
  int first_card_, cards_;  // ports of ranks come first
};
