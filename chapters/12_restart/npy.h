// Arrays as NumPy reads them: numpy.load("layer_0_weights.npy").
//
// The format (numpy.lib.format, version 1.0): the bytes 93 4E 55 4D 50 59, then 1, 0; two bytes with the length of what
// follows up to the numbers, the lower one first; a Python dictionary that says type, order and shape; spaces and a line's end, so that
// the numbers begin at a multiple of 64 bytes; the numbers.
#pragma once

#include <span>
#include <string>
#include <vector>

// What stands before the numbers of a row-major array of little-endian floats.
std::string npy_header(const std::vector<size_t>& shape);

// Throws Error naming the file: cannot be written.
void write_npy(const std::string& file, std::span<const float> numbers, const std::vector<size_t>& shape);
