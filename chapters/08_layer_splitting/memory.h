// What a stage keeps in memory, by formula. The tests hold it against what the device has counted.
#pragma once

#include <cstddef>

#include "chapters/08_layer_splitting/schedule.h"
#include "chapters/08_layer_splitting/stage_layout.h"

// Of one stage, in bytes.
struct StageMemory {
  size_t parameters = 0, gradients = 0, optimizer = 0, activations = 0, exchange = 0;
};

// Floats of one chunk's activations and of their gradients, without those of the loss.  first: the network's first chunk, whose
// input has no gradient.  keep_every, keep_gradients: see Space.  bytes: of a number, 2 in chapter 11, where a buffer is of whole floats
// all the same, and what the head reads and writes stays floats.
size_t chunk_activations(const Layout& chunk, size_t slots, size_t rows, bool first, int keep_every = 1, bool keep_gradients = false,
                         size_t bytes = 4);

// With n parameters on the stage and k vectors of state (see Optimizer): n, n and k n floats. Activations, for each chunk:
//
//   slots x rows x (all activations, from the input to the output, and the gradient of the output
//                   and, but for the first chunk, that of the input)
//   + 2 x rows x the widest inner activation    the gradient on its way from layer to layer
//   + slots x rows x 2                          labels and losses, of the last chunk
//
// With keep_every = k > 1 a slot has the input, every k-th activation and the output only; all slots share k - 1 places for
// the activations in between, each rows x the widest that lies there.
//
// In halves, a slot has the gradients of the inner activations, too, instead of the two places for those on their way.
//
// Between GPUs, and where one GPU has all stages and its host waits late, labels and losses have a place for each micro-batch of a step;
// and exchange has
//
//   2 x rows x (the widest input that comes from the stage before + the widest gradient that comes from the one behind)   stages > 1, by peers;
//                                                    of numbers of two bytes half of these
//   + micro_batches x rows x the network's input     on stage 0: images on their way
//
// Slots are what the schedules differ in: `micro_batches` with gpipe, at most `stages` with 1f1b and zb-h1, 1 with naive.
StageMemory predict_memory(const Schedule& schedule, const StageLayout& layout, int stage, int rows, int state_vectors,
                           bool waits_late = false, bool by_mpi = false, size_t bytes = 4);
