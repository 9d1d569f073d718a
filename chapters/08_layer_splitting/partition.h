// How the layers of a network are cut into chunks: as many operations in each as in the others, as far as that can be.
#pragma once

#include <cstdint>
#include <vector>

#include "chapters/01_serial/layout.h"

// Multiplications of one row in forward and backward through layer `layer`, the forward ones alone where `forward_only`.
// Forward computes one product, backward two; but nobody asks for the gradient of the network's input.
size_t operations(const std::vector<int>& sizes, size_t layer, bool forward_only = false);
size_t operations(const std::vector<int>& sizes, Range layers, bool forward_only = false);

// Cuts the layers of `sizes` into `chunks` ranges of neighbours such that the largest number of operations is as small as
// possible; among those cuts the most even one.  Throws Error if there are more chunks than layers.
std::vector<Range> balanced_chunks(const std::vector<int>& sizes, int chunks);

// The same with given numbers of layers.  Throws Error unless there are `chunks` positive ones that sum up to all layers.
std::vector<Range> given_chunks(const std::vector<int>& sizes, int chunks, const std::vector<int64_t>& layers);
