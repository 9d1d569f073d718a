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

#include "chapters/05_collectives/messages.h"
#include "chapters/05_collectives/nodes.h"

// The nodes as MPI says.  Collective.
Nodes nodes_of(MPI_Comm comm);

// mine (size(rank)) = rank's block of the sum over ranks of data (n); mine may be data + begin(rank).  Called as the functions of
// collectives.h.  Order: ((x0 + x1) + ...) in rank order inside a node, then the nodes' sums in the order of the nodes; the same for
// all elements.  On m nodes of r ranks: m (r-1) messages inside a node and m - 1 to other nodes, of n/p elements each.
// memory (two_level_floats(n, nodes, rank)): where it collects and adds; null: working memory of its own.
void reduce_scatter_two_level(float* mine, const float* data, size_t n, const Nodes& nodes, MPI_Comm comm, float* memory = nullptr);

// all (n) of every rank = the blocks of all ranks.  Messages as above.
void allgather_two_level(float* all, const float* mine, size_t n, const Nodes& nodes, MPI_Comm comm);
// Its two parts. What is under way between them stays untouched. A rank passes on in the second one, so nothing comes through two
// levels while a rank that stands for others is away.
struct TwoLevelGather {
  Pending between, inside;
};
void begin_allgather_two_level(float* all, const float* mine, size_t n, const Nodes& nodes, MPI_Comm comm, TwoLevelGather& gather);
void end_allgather_two_level(float* all, size_t n, const Nodes& nodes, MPI_Comm comm, TwoLevelGather& gather);
