// The ranks hold copies of one model. What they can do together because of that, and how to see that it stays so.
#pragma once

#include <mpi.h>

#include "chapters/01_serial/head.h"

// As count_correct over all of `data`, each rank looking at its share; every rank gets the whole count. Collective.
// Counts are whole numbers, so it is the serial count exactly.
size_t count_correct_together(Mlp& mlp, const Dataset& data, MPI_Comm comm = MPI_COMM_WORLD);

// Compares the weights of all ranks, bit for bit, by their hashes. Collective.
// A replica that drifts off (one wrong bit in one sum is enough) still learns, and no loss curve shows it.
// Throws Error, the same on all ranks, which names the ranks that differ from the others.
void require_equal_replicas(std::span<const float> weights, size_t step, MPI_Comm comm = MPI_COMM_WORLD);
