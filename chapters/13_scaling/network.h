// When does a message arrive that starts now? Ports, and who stands in line for them.
//
// A rank has one port out and one port in for messages inside its node; the network cards of a node have one of each for
// messages between nodes, and ranks share them. A message occupies the port out for overhead + n · beta, and from the moment
// at which its first byte arrives the port in for n · beta. Ports serve in the order in which messages start. What lies
// between the ports, the switches, is taken to have room for everybody (a full fat tree).
#pragma once

#include <cstddef>
#include <vector>

#include "chapters/13_scaling/cluster.h"

class Network {
 public:
  Network(const Cluster& cluster, int ranks);

  // Moments in seconds: when the sender's memory is free again, and when the message is there.
  struct Flight {
    double left, arrived;
  };
  // A message between two different ranks that is ready at `now`. Calls must be in the order of `now`.
  Flight send(double now, int from, int to, double bytes);

 private:
  struct Port {
    double out = 0, in = 0;  // when it is free
  };
  Port& port_of(int rank, bool inside);

  const Cluster& cluster_;
  std::vector<Port> ranks_, cards_;
};
