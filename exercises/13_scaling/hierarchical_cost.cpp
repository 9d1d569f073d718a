// An allreduce on a cluster of nodes: one ring over all ranks, or two levels? By the time that each must take.
//
// Task 13_hierarchical_cost: core, 4 points. Try it: make ex-13_hierarchical_cost
#include <algorithm>

// A message of n bytes that has its way to itself arrives after alpha + n · beta. Times are in microseconds.
struct Link {
  double alpha, beta;
};
struct Cluster {
  int ranks_per_node, cards_per_node;  // messages between nodes go through network cards
  Link inside, between;                // the ranks of one node; ranks of different nodes
};

// What an allreduce of a vector of `bytes` takes, on one level or on two. Node 0 has the first ranks_per_node ranks, node 1
// the next ones, ...; the last node may have fewer. Additions take no time, and a third of 10 bytes is 3.33... bytes. All
// messages of a step begin at the same time, and the next step begins when the last of them has arrived.
//
// *flat: one ring over all ranks, in which rank r sends to r + 1, and the last one to rank 0. It is a reduce-scatter and
// then an allgather, and each message has bytes / ranks. Of each node, one rank sends to another node, so it has a card
// for itself.
//
// *two_level, first case: all nodes have the same number k of ranks.
//   a reduce-scatter in a ring of the k ranks of each node, after which each has the node's sum of one block;
//   for each block an allreduce in a ring of the ranks that have it, one of each node; all k rings at the same time;
//   an allgather in a ring of the k ranks of each node.
// The k ranks share their node's cards as evenly as possible. Of messages that share a card, the bytes go one after another:
// q such messages of n bytes each have arrived after alpha + q · n · beta.
//
// *two_level, second case: the last node has fewer ranks, so that blocks would not match. Every node sums up whole vectors
// in its first rank, along a binary tree, in ceil(log2 k) steps if it has k ranks; the first ranks do an allreduce of whole
// vectors in a ring; the sum comes back along the same trees, in as many steps.
//
// ranks, ranks_per_node and cards_per_node are at least 1. A single node may have fewer ranks than ranks_per_node: that is
// the first case. A single rank needs no time.
// Returns the number of levels of the allreduce that takes less time, 1 or 2. If both take the same, 1.
int hierarchical_cost(double* flat, double* two_level, double bytes, int ranks, const Cluster& cluster) {
  // --- YOUR CODE (17 lines in ours)
  // This is the ring of a single node. How many nodes are there, and which of a step's messages arrives last?
  *flat = 2 * (ranks - 1) * (cluster.inside.alpha + bytes / ranks * cluster.inside.beta);
  *two_level = *flat;
  return 1;
  // --- END OF YOUR CODE
}
// As generated: 1861878095-2769
