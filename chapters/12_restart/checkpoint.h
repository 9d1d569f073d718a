// One file with the whole state of a training run, written and read by all ranks at once.
//
// Writing.  The file appears under its name only when it is whole: all ranks write their segments into FILE.partial and
// flush it to the disk; then comes the header, which holds the checksum of what was meant to be written, and a second
// flush; then it is renamed, and the folder is flushed. Whoever is killed, whenever: FILE is there and good, or not there.
//
// Errors.  A full disk may be seen by one rank alone. The ranks agree after each phase (agree.h): all of them give up together,
// remove what they wrote and throw the same Error.
//
// All functions are collective over `comm` and throw Error on all its ranks or on none.
#pragma once

#include <mpi.h>

#include <span>
#include <string>

#include "chapters/01_serial/device.h"
#include "chapters/10_hybrid/segments.h"
#include "chapters/12_restart/checkpoint_header.h"

// The segments of all ranks together hold each number once: header.numbers() in all.  header.checksum is computed here.
void write_checkpoint(const std::string& file, CheckpointHeader header, Device& device,
                      std::span<const Segment> segments, MPI_Comm comm);

// Throws Error naming the file: cannot be read, cut short, too long, not a checkpoint, of a newer version, damaged.  Reads
// all of it, each rank an equal part: a header that is returned is that of a good file.
CheckpointHeader check_checkpoint(const std::string& file, MPI_Comm comm);

// Fills the segments, which may overlap those of other ranks, from a file that was checked.
void read_checkpoint(const std::string& file, Device& device, std::span<const Segment> segments, MPI_Comm comm);
