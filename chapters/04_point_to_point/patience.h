// Waiting without a core.
#pragma once

#include <mpi.h>

// Returns when a message from `source` (or MPI_ANY_SOURCE) with `tag` (or MPI_ANY_TAG) can be received, and says from whom
// and which, as MPI_Probe does. MPI_Probe looks without a pause, which is right where a microsecond matters and takes a
// whole core from whoever shares it. This one sleeps a millisecond between two looks: for waits of seconds.
MPI_Status wait_asleep(int source, int tag, MPI_Comm comm);
