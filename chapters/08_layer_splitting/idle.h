// How much of the stages' time is waiting: as planned, and as measured.
#pragma once

#include <mpi.h>

#include "chapters/08_layer_splitting/check.h"
#include "chapters/08_layer_splitting/partition.h"
#include "chapters/08_layer_splitting/pipeline.h"

// Times of the passes in proportion to the operations of each chunk: what an unequal cut does to a schedule, and what it costs to
// compute again what is not kept (keep_every: see Space).
StepTimes times_by_operations(const std::vector<int>& sizes, const std::vector<Range>& chunks, int keep_every = 1);

// 1 - computing / (stages x wall-clock time) between two readings of Pipeline::time() on each stage; 0 where no time has
// passed.  The same on every rank.  Collective over the stages.
double measured_idle(const PipelineTime& before, const PipelineTime& after, MPI_Comm comm);
