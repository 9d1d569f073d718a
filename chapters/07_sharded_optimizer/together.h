// What all ranks find out together, beside the gradients: the loss and the accuracy.
#pragma once

#include <mpi.h>

#include "chapters/01_serial/head.h"

// sum + the value of rank 0 + the value of rank 1 + ..., added in this order.  The same bits on every rank.  Collective.
double add_in_rank_order(double sum, double mine, MPI_Comm comm);

// How many of all samples of `data` the network classifies correctly. Each rank looks at its share of them; all call
// mlp.forward equally often, which communicates where weights are sharded.  Collective.
size_t count_correct_together(Mlp& mlp, const Dataset& data, MPI_Comm comm);
