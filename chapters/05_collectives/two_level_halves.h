// The two halves of a sum on a machine of nodes, reduce-scatter and allgather, each in two levels: as much is sent as in one, but
// on nodes of r ranks only one r-th of it from node to node.
//
// Rank q owns block q (blocks.h). In each node one rank stands for it there: its *deputy*. In its own node that is q itself.
//
//   reduce-scatter   the ranks of a node send block q to q's deputy, who adds; the deputies send their sums to q, who adds these
//   allgather        q sends block q to its deputies; each passes it on to the others of its node
//
// Two levels in two_level.h need fewer messages, but no rank keeps a block of its own in between: an optimizer's shard needs that.
#pragma once

#include <span>
#include <vector>

#include "chapters/05_collectives/messages.h"

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
// As MPI says.  Collective.
Nodes nodes_of(MPI_Comm comm);

// mine (size(rank)) = rank's block of the sum over ranks of data (n); mine may be data + begin(rank).  Called as the functions of
// collectives.h.  Order: ((x0 + x1) + ...) in rank order inside a node, then the nodes' sums in the order of the nodes; the same for
// all elements.  On m nodes of r ranks: m (r-1) messages inside a node and m - 1 to other nodes, of n/p elements each.
void reduce_scatter_two_level(float* mine, const float* data, size_t n, const Nodes& nodes, MPI_Comm comm);

// all (n) of every rank = the blocks of all ranks.  Messages as above.
void allgather_two_level(float* all, const float* mine, size_t n, const Nodes& nodes, MPI_Comm comm);
// Its two parts. What is under way between them stays untouched. A rank passes on in the second one, so nothing comes through two
// levels while a rank that stands for others is away.
struct TwoLevelGather {
  Pending between, inside;
};
void begin_allgather_two_level(float* all, const float* mine, size_t n, const Nodes& nodes, MPI_Comm comm, TwoLevelGather& gather);
void end_allgather_two_level(float* all, size_t n, const Nodes& nodes, MPI_Comm comm, TwoLevelGather& gather);

// How many messages, of a block each, `rank` sends in one of these halves to ranks of its node and to others; and in a half of
// rank order, which knows no nodes.
struct BlockMessages {
  int inside = 0, between = 0;
  bool operator==(const BlockMessages&) const = default;
};
BlockMessages messages_in_two_levels(const Nodes& nodes, int rank);
BlockMessages messages_in_one_level(const Nodes& nodes, int rank);
