// Chapter 07's ZeRO in fewer bits. Each rank has the float masters and the optimizer's state of its own shard alone. Gradients travel to
// their owners in 16 bits and are added there as floats, new weights travel to all in 16 bits.
#pragma once

#include <mpi.h>

#include "chapters/07_sharded_optimizer/footprint.h"
#include "chapters/11_fewer_bits/loss_scale.h"
#include "chapters/11_fewer_bits/sixteen_bits.h"

// For ZeroOptions, and chapter 10's settings: a name of sixteen_bits.h.
MessageFormat messages_of(const char* name);

// Behind the last round of a batch, of which this rank's rows had this loss; the gradients are larger by the scale. New weights on all
// ranks, or, where a sum is not finite, none; and the next scale. Returns the sum of the losses. Each rank sees the sums of its shard only,
// so one number rides on the loss: how many ranks found theirs not finite.  Collective.
double step_together(Zero& zero, Device& device, double loss, LossScale& scale, MPI_Comm comm);

// What a rank has and sends, by formula, as chapter 07's predict. Masters, sums of gradients and state are floats of its shard, and the
// weights that products read are floats in memory, too, but rounded; two bytes have the numbers that are received or sent:
//   parameters   levels 1, 2: n + S; level 3: S + the unit in use      exchange: (ranks - 1) · the largest part, and twice the largest unit
// In two levels the gradients of a node are collected as floats.
Footprint predict_sixteen_bits(const Shards& shards, const ZeroOptions& options, int state_vectors, int rank);
