// Few large writes instead of many small ones. What a rank holds lies scattered over the file: a slice of columns has one segment for
// each row, and its neighbours in the file are on other ranks. So before a checkpoint is written the ranks send each other their
// numbers, such that each gets one block of the file, which is one write. (MPI_File_write_all does the same inside MPI, and calls it
// two-phase; here it is ours, so that a thread can write.)
#pragma once

#include <mpi.h>

#include <span>
#include <vector>

#include "chapters/01_serial/device.h"
#include "chapters/10_hybrid/segments.h"
#include "common/split.h"

// The numbers [first, last) of a file of `numbers` that rank `rank` of `ranks` writes. Blocks begin at multiples of 4096 bytes: no
// two ranks write the same page of a file, which some file systems (NFS) get wrong, and others (Lustre) do slowly.
Range block_of(size_t numbers, int ranks, int rank);

// This rank's block of the file, in host memory.  Collective.
// Throws Error, on all ranks, if the segments of all ranks together do not hold each of `numbers` once; `file` is for its text.
std::vector<float> gather_block(const std::string& file, Device& device, std::span<const Segment> segments, size_t numbers,
                                MPI_Comm comm);
