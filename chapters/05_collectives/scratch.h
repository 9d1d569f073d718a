// Working memory of a collective, not initialised.
#pragma once

#include <cstddef>
#include <memory>

using Scratch = std::unique_ptr<float[]>;

inline Scratch scratch(size_t n) { return std::make_unique_for_overwrite<float[]>(n); }
