// What a place of the grid needs of memory, by formula. The tests hold it against what the device counts.
#pragma once

#include <cstddef>

#include "chapters/10_hybrid/hybrid_model.h"

// In bytes: the most that is in memory at once, by Purpose.
struct GridFootprint {
  size_t parameters = 0, gradients = 0, optimizer = 0, activations = 0, exchange = 0;
  size_t sum() const { return parameters + gradients + optimizer + activations + exchange; }
  bool operator==(const GridFootprint&) const = default;
};

// With n parameters at this place (of N in the network: about N / (P T)), of which this data rank owns a shard of S (about
// n / D), k vectors of state, and so many terms of the gradient's sum (terms.h), in floats:
//
//   parameters n     gradients own terms * n     optimizer k S
//   exchange terms of others * S (in two levels chapter 05's two_level_floats of the largest layer)
//   activations: for each chunk, with s slots of r rows:  s r (in + all outputs + the last output again, for its gradient,
//                + in again behind the first chunk) + 2 r (the widest inner layer; with zb-h1 s r (all of them));  at the head
//                s r (label, loss), and two more numbers a row where the classes are split
//
// Between GPUs nothing of other data ranks is kept; on m nodes in two levels this node's sums of the shards that it stands for, and m - 1
// of its own. By MPI what the other ranks of the node, in one level all others, have for these sums is kept, too. Besides, exchange has
// chapter 08's boxes (not by MPI) and images, and chapter 09's memory for each chunk; and labels and losses have a place for each micro-batch.
//
// In 16 bits (chapter 11) an activation is half a float, but for the output of the last layer and its gradient; and where messages are,
// exchange is half of the terms of others, and of the own ones, which are rounded before they leave; in two levels it is that of floats.
GridFootprint predict_footprint(const HybridSettings& settings, const GridShape& shape, const GridPlace& place);

// Of the place that needs most.
GridFootprint largest_footprint(const HybridSettings& settings, const GridShape& shape);

// What `device` has counted, its peaks.
GridFootprint counted_footprint(const Device& device);
