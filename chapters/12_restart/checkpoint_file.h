// One file with the whole state of a training run, as it is read by all ranks at once. checkpoint_writer.h writes it.
//
// All functions are collective over `comm` and throw Error on all its ranks or on none.
#pragma once

#include <mpi.h>

#include <span>
#include <string>

#include "chapters/01_serial/device.h"
#include "chapters/10_hybrid/segments.h"
#include "chapters/12_restart/checkpoint_header.h"

// Throws Error naming the file: cannot be read, cut short, too long, not a checkpoint, of another format, damaged.  Reads
// all of it, each rank an equal part: a header that is returned is that of a good file.
CheckpointHeader check_checkpoint(const std::string& file, MPI_Comm comm);

// Fills the segments, which may overlap those of other ranks, from a file that was checked.
void read_checkpoint(const std::string& file, Device& device, std::span<const Segment> segments, MPI_Comm comm);
