// Which rank owns which parameters.
//
// The flat vector is cut twice: into units of whole neighbouring layers, and each unit into one part per rank. A rank's
// shard is its part of every unit, one after another. A layer computes with all its weights at once and produces all its
// gradients at once, so a unit is what travels and what must be in memory together.
//
// Cutting the whole vector into one piece per rank would be simpler, but then a layer would lie on one or two ranks: these
// would send all of it while the others wait. Cut by units, every rank sends an equal part of every layer.
//
// Pure functions of (layout, smallest unit, number of ranks): every rank knows every shard without asking.
#pragma once

#include <vector>

#include "chapters/01_serial/layout.h"

// The layers [first_layer, last_layer) and their window onto the flat vector.
struct Unit {
  int first_layer = 0, last_layer = 0;
  Range range;
};

// Groups the layers, from the last one backwards (the order in which their gradients appear), into units of at least
// `smallest` parameters; the unit with the first layer may be smaller.  smallest 0: one layer each, also those of which
// nothing is here.  keep_every (see Space): no unit has layers of two stretches, so the first one of each stretch may be smaller, too.
// In the order of the layers.
std::vector<Unit> make_units(const Layout& layout, size_t smallest, int keep_every = 1);

struct Shards {
  std::vector<Unit> units;
  int ranks = 1;

  // Rank's part of a unit, as a range of the flat vector. Empty on some ranks where a unit has fewer elements than ranks.
  Range part(size_t unit, int rank) const { return share(units[unit].range, size_t(ranks), size_t(rank)); }
  // Where that part begins in the rank's shard.
  size_t offset(size_t unit, int rank) const;
  // Elements of the rank's shard.
  size_t size(int rank) const { return offset(units.size(), rank); }

  size_t count() const { return units.back().range.last; }  // parameters of the network
  size_t largest_unit(size_t first = 0, size_t every = 1) const;  // of units first, first + every, ...
  size_t largest_part(int rank) const;
  size_t unit_of(int layer) const;
};
