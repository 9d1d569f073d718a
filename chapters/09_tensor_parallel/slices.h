// Between the slices of layers that ranks hold and the whole layers: for comparisons, and for checkpoints.
#pragma once

#include <mpi.h>

#include <span>
#include <vector>

#include "chapters/01_serial/layout.h"

// whole (whole_layout.count), at the places that the windows of part_layout have in it, = part (part_layout.count).
// whole_layout: unsplit, and with all layers of part_layout, maybe more.
void place_slice(std::span<float> whole, const Layout& whole_layout, std::span<const float> part,
                 const Layout& part_layout);
// The other direction: part = what lies at its places in whole.
void cut_slice(std::span<float> part, const Layout& part_layout, std::span<const float> whole,
               const Layout& whole_layout);

// The whole vector (make_layout(sizes, here).count), on every rank, from the slices of all. The slice of rank r of
// comm is make_layout(sizes, here, {r, ranks}).  Collective.
std::vector<float> gather_slices(std::span<const float> mine, const std::vector<int>& sizes, Range here,
                                 MPI_Comm comm);
