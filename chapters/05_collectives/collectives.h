// The collective operations of MPI, written by hand over point-to-point messages, several ways each.
//
// Every function here
//   - is called by all ranks of `comm` with the same n (and root), any number of ranks, any n from 0 up;
//   - cuts vectors by `Blocks` (blocks.h) where it cuts them: rank r's block of n elements is
//     [begin(r), end(r)), and shorter than its neighbours, or empty, where n does not divide;
//   - works in place where result and operand have the same address (for a block: where `mine` is
//     `all + begin(rank)`); otherwise they must not overlap. Operands are never changed out of place;
//   - returns when this rank's part is done, which says nothing about the other ranks;
//   - leaves the same bits on every rank where all ranks get the result, and the same bits in every run
//     (up to the payload of a NaN).
//
// Costs are what the slowest rank spends, for p ranks and n elements, where one message of m elements costs
// alpha + m beta, and adding m elements costs m gamma ("lg" is the logarithm to base 2, rounded up):
//   alpha  seconds per message, however short
//   beta   seconds per element sent
//   gamma  seconds per element added
// These formulas see no message that waits for another one's. Where all ranks send at once to ranks far away, a network
// may be slower than they say: README.md, "What the formulas do not see".
//
// "Order of the sum" says in which order the p operands of one element are added. It matters twice. Two orders give
// results that differ in the last bits. And where the order *depends on the element's position* in the vector, the
// same gradient gives other bits when it travels in other pieces (buckets, shards).
//
// Sources:
//   [TRG]  R. Thakur, R. Rabenseifner, W. Gropp: Optimization of Collective Communication Operations in MPICH.
//          Int. J. High Performance Computing Applications 19(1), 49-66, 2005.
//   [R]    R. Rabenseifner: Optimization of Collective Reduction Operations. ICCS 2004, LNCS 3036, 1-9.
//   [B]    J. Bruck, C.-T. Ho, S. Kipnis, E. Upfal, D. Weathersby: Efficient Algorithms for All-to-All
//          Communications in Multiport Message-Passing Systems. IEEE TPDS 8(11), 1143-1156, 1997.
//   [PY]   P. Patarasuk, X. Yuan: Bandwidth Optimal All-reduce Algorithms for Clusters of Workstations.
//          J. Parallel and Distributed Computing 69(2), 117-124, 2009.
//   [HFM]  D. Hensgen, R. Finkel, U. Manber: Two Algorithms for Barrier Synchronization.
//          Int. J. Parallel Programming 17(1), 1-17, 1988.
#pragma once

#include <mpi.h>

#include <cstddef>

class Pending;  // messages.h

// ---- barrier.cpp ----

// Returns after every rank has called it. Dissemination [HFM]: in round k every rank tells the one 2^k further.
// lg p alpha.
void barrier_dissemination(MPI_Comm comm);

// ---- broadcast.cpp: data (n) of rank `root` goes to data (n) of every rank ----

// The root sends to each rank in turn. (p - 1)(alpha + n beta).
void broadcast_linear(float* data, size_t n, int root, MPI_Comm comm);

// Binomial tree: each round doubles the ranks that have the data. lg p (alpha + n beta) [TRG].
void broadcast_tree(float* data, size_t n, int root, MPI_Comm comm);

// A chain root, root + 1, ...; the vector travels in s segments of `chain_segment` elements, and a rank sends one on
// while it receives the next. (p - 2 + s)(alpha + n/s beta): nearly n beta, for any p, when n is long [PY].
void broadcast_chain(float* data, size_t n, int root, MPI_Comm comm);

// Scatter by a tree, then allgather by a ring: (lg p + p - 1) alpha + 2 (p-1)/p n beta [TRG, "van de Geijn"].
void broadcast_scatter_allgather(float* data, size_t n, int root, MPI_Comm comm);

inline constexpr size_t chain_segment = 16384;

// ---- reduce.cpp: result (n) of rank `root` = sum over ranks of data (n); `result` of other ranks is not used ------

// The root receives all vectors and adds them. Order: ((x0 + x1) + x2) + ..., whatever the root.
// (p - 1)(alpha + n beta + n gamma).
void reduce_linear(float* result, const float* data, size_t n, int root, MPI_Comm comm);

// Binomial tree, the broadcast backwards. Order: by the tree, the same for all elements.
// lg p (alpha + n beta + n gamma) [TRG].
void reduce_tree(float* result, const float* data, size_t n, int root, MPI_Comm comm);

// A chain 0, 1, ..., p - 1 in segments, as broadcast_chain; the last rank passes the sum to the root.
// Order: ((x0 + x1) + x2) + ... . (p - 1 + s)(alpha + n/s (beta + gamma)).
void reduce_chain(float* result, const float* data, size_t n, int root, MPI_Comm comm);

// ---- scatter_gather.cpp ----

// mine (size(rank)) = rank's block of the root's all (n); `all` of other ranks is not used.
// (p - 1) alpha + (p-1)/p n beta: the root sends p - 1 messages.
void scatter_linear(float* mine, const float* all, size_t n, int root, MPI_Comm comm);

// Binomial tree; a rank gets the blocks of its whole subtree and passes them on.
// lg p alpha + (p-1)/p n beta. The root needs n more floats where it is not rank 0.
void scatter_tree(float* mine, const float* all, size_t n, int root, MPI_Comm comm);

// The root's all (n) = the blocks of all ranks: scatter backwards, same costs.
void gather_linear(float* all, const float* mine, size_t n, int root, MPI_Comm comm);
void gather_tree(float* all, const float* mine, size_t n, int root, MPI_Comm comm);

// ---- allgather.cpp: all (n) of every rank = the blocks of all ranks ----

// Every rank sends its block to every other, all at once. (p - 1) alpha + (p-1)/p n beta.
void allgather_direct(float* all, const float* mine, size_t n, MPI_Comm comm);
// Its first half: the blocks are there after messages.wait() (messages.h); until then `mine` stays as it is.
void begin_allgather_direct(float* all, const float* mine, size_t n, MPI_Comm comm, Pending& messages);

// Blocks go round a ring: p - 1 steps, each with neighbours only. (p - 1) alpha + (p-1)/p n beta [TRG].
void allgather_ring(float* all, const float* mine, size_t n, MPI_Comm comm);

// Bruck: after step k every rank has 2^(k+1) blocks, its own first; one rotation at the end puts them in order.
// lg p alpha + (p-1)/p n beta, and n elements copied [B; TRG].
void allgather_bruck(float* all, const float* mine, size_t n, MPI_Comm comm);

// Recursive doubling: exchange with the rank 1, 2, 4, ... away. lg p alpha + (p-1)/p n beta for a power of two;
// otherwise some ranks act through a neighbour, which costs 2 alpha + n beta more [TRG].
void allgather_recursive_doubling(float* all, const float* mine, size_t n, MPI_Comm comm);

// ---- reduce_scatter.cpp: mine (size(rank)) = rank's block of the sum over ranks of data (n) ----

// Partial sums go round a ring: a block starts behind its owner and collects one operand at each step.
// (p - 1) alpha + (p-1)/p n (beta + gamma) [PY]. Order: x(r+1) + x(r+2) + ... + x(r) for the block of rank r:
// it DEPENDS ON THE ELEMENT'S POSITION from 3 ranks up.
void reduce_scatter_ring(float* mine, const float* data, size_t n, MPI_Comm comm);

// Recursive halving: exchange half of what is left with the rank p/2, p/4, ..., 1 away and add.
// lg p alpha + (p-1)/p n (beta + gamma) for a power of two [TRG]; otherwise 2 alpha + n (beta + gamma) more.
// Order: by a balanced tree over the ranks, the same for all elements.
void reduce_scatter_recursive_halving(float* mine, const float* data, size_t n, MPI_Comm comm);

// Every rank sends each block to its owner, who adds them in rank order: ((x0 + x1) + x2) + ...
// (p - 1) alpha + (p-1)/p n (beta + gamma), and n more floats. The order is that of a serial loop over the ranks.
// All messages are under way at once: p - 1 of them meet at each rank, and n p/4 elements go from the lower half of the
// ranks to the upper half, where a ring sends n.
void reduce_scatter_rank_order(float* mine, const float* data, size_t n, MPI_Comm comm);

// ---- allreduce.cpp: result (n) of every rank = sum over ranks of data (n) ----

// reduce_tree to rank 0, then broadcast_tree. 2 lg p alpha + 2 lg p n beta + lg p n gamma.
// Order: by the tree, the same for all elements.
void allreduce_reduce_broadcast(float* result, const float* data, size_t n, MPI_Comm comm);

// Exchange whole vectors with the rank 1, 2, 4, ... away. lg p (alpha + n beta + n gamma) for a power of
// two [TRG]; otherwise 2 alpha + 2 n beta + n gamma more. Order: by a balanced tree, the same for all elements.
void allreduce_recursive_doubling(float* result, const float* data, size_t n, MPI_Comm comm);

// Ring reduce-scatter, ring allgather. 2 (p - 1) alpha + 2 (p-1)/p n beta + (p-1)/p n gamma [PY]: the busiest
// rank cannot send less where only ranks add; switches that add need less. Neighbours only.
// Order: DEPENDS ON THE ELEMENT'S POSITION from 3 ranks up, as in reduce_scatter_ring.
void allreduce_ring(float* result, const float* data, size_t n, MPI_Comm comm);

// Rabenseifner: recursive halving, then recursive doubling. 2 lg p alpha + 2 (p-1)/p n beta + (p-1)/p n gamma for a
// power of two [R; TRG]; otherwise 2 alpha + 2 n beta + n gamma more.
// Order: by a balanced tree, the same for all elements.
void allreduce_rabenseifner(float* result, const float* data, size_t n, MPI_Comm comm);

// reduce_scatter_rank_order, then allgather_direct: 2 (p - 1) alpha + 2 (p-1)/p n beta + (p-1)/p n gamma. Up to
// `short_vector` elements everybody sends everything to everybody: (p - 1)(alpha + n beta + n gamma).
// Order: ((x0 + x1) + x2) + ... in both cases. A vector cut into pieces gives the bits of the whole one, so this
// is what the training programs of the later chapters take unless they are told otherwise.
void allreduce_rank_order(float* result, const float* data, size_t n, MPI_Comm comm);

inline constexpr size_t short_vector = 1024;

// MPI's own, cut below INT_MAX elements (the counts of MPI-3.1 are int). Cost and order are MPI's secret: the standard
// asks for neither.
void allreduce_mpi(float* result, const float* data, size_t n, MPI_Comm comm);
