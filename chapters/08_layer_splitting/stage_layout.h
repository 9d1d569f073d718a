// Where the layers of a stage lie in its memory, and in the whole network.
#pragma once

#include <mpi.h>

#include <cstdint>
#include <vector>

#include "chapters/01_serial/layout.h"

// The chunks of one stage, ascending. In the flat vectors of the stage they lie one after another.
struct StageLayout {
  std::vector<Layout> chunks;
  std::vector<size_t> offsets;  // where each begins
  size_t count = 0;             // parameters of the stage
  std::vector<Range> whole;     // where each chunk's parameters lie in the flat vector of the whole network
  size_t whole_count = 0;
};

// The chunks c of `layers` with c % stages == stage, with a slice of each layer.  `whole` and whole_count are for
// unsliced layers.
StageLayout make_stage_layout(const std::vector<int>& sizes, const std::vector<Range>& layers, int stages, int stage,
                              Slice slice = {});

// As initialize in layout.h: parameters (layout.count), the same values as in the unsplit network.
void initialize(float* parameters, const StageLayout& layout, uint64_t seed);

// The weights of all stages in the order of the whole network: (whole_count) on rank 0 of comm, empty on the others.
// weights (layout.count) on the host.  Collective.
std::vector<float> gather_weights(const std::vector<float>& weights, const StageLayout& layout, MPI_Comm comm);
