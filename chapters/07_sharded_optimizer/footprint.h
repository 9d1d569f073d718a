// What a level of sharding costs, by formula: bytes of memory, bytes sent. The tests hold it against what is counted.
#pragma once

#include <cstddef>

#include "chapters/07_sharded_optimizer/zero.h"

// Of one rank, in bytes.
struct Footprint {
  size_t parameters = 0, gradients = 0, optimizer = 0, exchange = 0;  // the most that is in memory at once
  size_t sent = 0;                                                    // in a step in which every micro-batch has rows
};

// With n parameters, U in the largest unit, a shard of S on this rank, k vectors of state (see Optimizer), in floats:
//
//   level   parameters   gradients   optimizer   exchange
//     0         n            n          k n      (ranks - 1) · the largest part
//     1         n            n          k S      (the gradients of the other ranks
//     2         n          S + U        k S       for this rank's part of a unit)
//     3       S + U        S + U        k S
//
// With prefetch, level 3 keeps S + the largest unit with an even number + the largest with an odd one of the parameters.
// In peer windows, exchange is 0. In two levels it is two_level_floats of the largest unit (chapter 05; on one node, if options.nodes names
// none), and what is sent is meant for nodes of equal size.
// Below level 2, batches of more micro-batches than ranks need S more gradients.
// Sent, with one micro-batch per rank: n - S to reduce, (ranks - 1) S to gather, at level 3 a second time in backward
// (but not for a unit that is the first layer alone, where the Mlp computes no gradient of its input). With recompute, units that are
// computed again as a whole are gathered a third time; the weights of a stretch's last unit stay until backward is through with them.
//
// bytes: of a weight, of a gradient, of a number in a message: 4 for the floats of this chapter's program. With 2 (chapter 11) the
// optimizer keeps and updates a float for each weight, its master: one more vector of state. State is floats always.
Footprint predict(const Shards& shards, const ZeroOptions& options, int state_vectors, int rank, size_t bytes = 4);

// A rank's parts of the units that are computed again as a whole: those of each stretch but its last unit; the last stretch is still there.
size_t gathered_again(const Shards& shards, int64_t keep_every, int rank);

// What `device` has counted, its peaks; sent is left at 0.
Footprint counted(const Device& device);

// One line on standard output: what the rank with `device` has kept, in MB, activations, too.  way: Zero's.
void print_memory(const Device& device, const std::string& way);
