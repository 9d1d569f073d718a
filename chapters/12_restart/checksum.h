// The checksum of numbers that many ranks hold, each some of them: a sum, which can be taken in any order and in any parts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

// Of the numbers at `place`, `place` + 1, ... of a file. It is a sum over the numbers, each mixed with its place; so every
// rank adds up what it has, in any order, and any cut of the file gives the same. For a given place the mix is a one-to-one
// function: a single wrong number always changes the sum, and so does a pair that changed places, but for one case in 2^64.
uint64_t checksum(std::span<const float> numbers, size_t place);
