// The ranks hold copies of one model. What they can do together because of that, and how to see that it stays so.
#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "chapters/01_serial/head.h"

// As count_correct over all of `data`, each rank looking at its share; every rank gets the whole count. Collective.
// Counts are whole numbers, so it is the serial count exactly.
size_t count_correct_together(Mlp& mlp, const Dataset& data, MPI_Comm comm = MPI_COMM_WORLD);

// One of several copies that should be equal: a hash of its bits, and the number of the rank that holds it.
struct Copy {
  uint64_t hash;
  int rank;
};
// "" if they are equal. Else who differs: "the weights of rank 2, 5 differ from those of the others" if more than half are equal;
// if not, with two copies for example, nobody knows who is right: "the weights of rank 0, 1 differ from each other".
std::string differences(const std::vector<Copy>& copies);

// Compares the weights of all ranks, bit for bit, by their hashes. Collective.
// A replica that drifts off (one wrong bit in one sum is enough) still learns, and no loss curve shows it.
// Throws Error, the same on all ranks, which names the ranks that differ.
void require_equal_replicas(std::span<const float> weights, size_t step, MPI_Comm comm = MPI_COMM_WORLD);
