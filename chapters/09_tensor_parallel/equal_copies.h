// What all ranks hold must be the same on all of them.
//
// The biases of layers cut by rows are the only parameters that every rank holds, and with them go their gradients and the
// optimizer's state (Adam's moments): with T ranks they are there T times. They get the same gradient from the same dy, so they
// stay equal without any exchange, as long as all results that are whole have the same bits on all ranks.
#pragma once

#include <mpi.h>

#include <span>

#include "chapters/01_serial/layout.h"

// Compares the biases of layers cut by rows, bit for bit.  mine (layout.count): this rank's slices.  Collective.  Throws
// Error, the same on all ranks, if they are not equal.
void require_equal_copies(std::span<const float> mine, const Layout& layout, size_t step, MPI_Comm comm);
