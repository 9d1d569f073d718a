// Which numbers of a checkpoint are whose.
//
// A checkpoint lists numbers in the order of the *unsplit* network, as if one process had written its flat vectors one
// after the other: all parameters, layer by layer, row by row; then the first vector of the optimizer's state in the same
// order; then the second. So a file does not know of the grid that wrote it, and any other grid can read it.
//
// A rank that holds some layers, or some columns of them, holds numbers that lie scattered over the file. A segment is
// one piece of that: numbers that are neighbours in memory and in the file.
#pragma once

#include <cstddef>
#include <vector>

#include "chapters/01_serial/layout.h"

struct Segment {
  float* memory = nullptr;  // on the device, (count)
  size_t place = 0;         // of the first one in the file, counted in numbers
  size_t count = 0;

  bool operator==(const Segment&) const = default;
};

// A row-parallel layer's bias is on every tensor rank (chapter 09); one of them writes it, all read it.
enum class Copies { all, first_only };

// The segments of the elements `range` of a flat vector with this layout; element range.first is at `memory`.
// whole: the layout of the unsplit network.  place: where this vector begins in the file.
// A window with all columns of its matrix is one segment, any other one segment a row.
std::vector<Segment> segments_of(const Layout& here, const Layout& whole, Slice slice, Range range, float* memory,
                                 size_t place, Copies copies);
