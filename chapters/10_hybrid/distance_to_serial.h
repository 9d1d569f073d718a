// How far are the weights of a parallel run from those of the serial one?
#pragma once

#include <span>

#include "chapters/01_serial/train_options.h"

// Trains serially with the same options and says how far the weights are from that: no bit where the sums have the
// same order, else no more than ten times what another order does.  seconds: of the parallel run on `ranks` ranks, for the
// speedup; 0: not to be told.  Returns the exit status: 1 if they are further apart.
int tell_distance_to_serial(const TrainOptions& options, bool same_order, int ranks, const Dataset& train,
                            std::span<const float> weights, double seconds);
