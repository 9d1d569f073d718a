// How far apart are two arrays of floats? The measure behind every "the parallel program computes what the serial one
// computes".
#pragma once

#include <cmath>
#include <cstring>
#include <ostream>
#include <span>

#include "common/error.h"

struct Distance {
  double max_abs = 0;    // max |a - b|
  double relative = 0;   // norm(a - b) / norm(b - origin), 0 / 0 = 0
  size_t different = 0;  // elements whose bits differ
  size_t first = 0;      // the first of those
  size_t size = 0;

  bool same_bits() const { return different == 0; }
  // Written so that a NaN is never within a bound: `max_abs > bound` would be false for NaN.
  bool within(double bound) const { return max_abs <= bound; }
};

inline std::ostream& operator<<(std::ostream& out, const Distance& d) {
  out << "max |a-b| = " << d.max_abs << ", relative " << d.relative << ", " << d.different << " of " << d.size
      << " differ in bits";
  if (d.different > 0) out << ", the first at " << d.first;
  return out;
}

// Compares a with b. origin, if given, is where both started (the initial weights): the relative distance is then that
// to the way travelled, and a model that never moved cannot hide behind the size of its weights.
// Empty arrays or different lengths are an error: a comparison of nothing would always agree.
inline Distance compare(std::span<const float> a, std::span<const float> b,
                        std::span<const float> origin = {}) {
  if (a.empty() || a.size() != b.size() || (!origin.empty() && origin.size() != b.size()))
    throw Error("compare: arrays of " + std::to_string(a.size()) + ", " + std::to_string(b.size()) + " and " +
                std::to_string(origin.size()) + " values");
  Distance d;
  d.size = a.size();
  double difference = 0, norm = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double delta = double(a[i]) - double(b[i]);
    const double length = double(b[i]) - (origin.empty() ? 0.0 : double(origin[i]));
    difference += delta * delta;
    norm += length * length;
    if (!std::isnan(d.max_abs) && !(std::abs(delta) <= d.max_abs)) d.max_abs = std::abs(delta);
    if (std::memcmp(&a[i], &b[i], sizeof(float)) != 0 && d.different++ == 0) d.first = i;
  }
  d.relative = difference == 0 ? 0 : std::sqrt(difference / norm);
  return d;
}
