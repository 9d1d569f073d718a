// Whose GPU memory can this rank open? What a peer window needs is tried out, rank by rank.
#pragma once

#include <mpi.h>

#include <string>
#include <vector>

#include "chapters/02_cuda/cuda_device.h"

// For each rank of comm, from here: empty where its memory can be opened (or it is this rank's own), else why not: another node, or
// CUDA's words.  Collective over comm.
std::vector<std::string> why_not_reached(CudaDevice& device, MPI_Comm comm);
