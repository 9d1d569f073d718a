// What all ranks find out together, beside the gradients: the loss and the accuracy.
#pragma once

#include <mpi.h>

#include "chapters/01_serial/head.h"

// sum + the value of rank 0 + the value of rank 1 + ..., added in this order.  The same bits on every rank.  Collective.
double sum_in_rank_order(double sum, double mine, MPI_Comm comm);

// As chapter 06's count_correct_together, but every rank calls mlp.forward equally often, since forward communicates where
// weights are sharded: a rank with a shorter share adds calls without rows.  Collective.
size_t count_correct_in_lockstep(Mlp& mlp, const Dataset& data, MPI_Comm comm);
