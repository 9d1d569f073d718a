// Allreduce on a machine of nodes: messages inside a node are cheap, messages between nodes are not, and all ranks of
// a node share its cable. So the ranks of a node first make one sum, and only sums travel between the nodes.
#pragma once

#include <mpi.h>

#include <cstddef>

// result (n) of every rank = sum over ranks of data (n). Called as the functions of collectives.h.
//   k ranks on each of m nodes: reduce-scatter inside the node, allreduce of each block between the k ranks that
//   hold it (k at once, each with n/k elements), allgather inside:
//   2 (k-1)/k n beta inside + 2 (m-1)/m n/k beta per rank between, k times that on a node's cable.
//   Nodes of different size: reduce to the first rank of the node, allreduce between those, broadcast in the node.
// Order: ((x0 + x1) + ...) in rank order inside a node, then the nodes' sums in order of the nodes; the same for all
// elements. Source of the leaders: T. Kielmann, R. Hofman, H. Bal, A. Plaat, R. Bhoedjang: MagPIe: MPI's Collective
// Communication Operations for Clustered Wide Area Systems. PPoPP 1999, 131-140. With blocks it is the same idea,
// but every rank of a node works.
// The first call on a communicator finds out who shares a node with whom, which takes a while; the answer is kept
// with the communicator and freed with it.
void allreduce_two_level(float* result, const float* data, size_t n, MPI_Comm comm);

// Collective. From now on `comm` counts as nodes of `ranks_per_node` ranks (the last one may be smaller): for tests,
// and to see the algorithm where there is one node only. 0: the real nodes again.
void set_ranks_per_node(MPI_Comm comm, int ranks_per_node);
