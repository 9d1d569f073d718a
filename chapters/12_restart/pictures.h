// Pictures of digits: read from files that people make, and drawn as text.
#pragma once

#include <span>
#include <string>

#include "common/dataset.h"

// An IDX file of images (see common/dataset.h), or one picture in PGM, the simplest format that drawing programs write:
// "P5" (bytes) or "P2" (decimal numbers), width, height, the number that means white, then the rows.
// The result has no labels.  Throws Error naming the file: cannot be read, neither format, absurd, cut short.
Dataset read_pictures(const std::string& file);

// MNIST's digits are ink (255) on paper (0); a scan is dark on light.
void invert(Dataset& pictures);

// A picture (height, width) as lines of text, two characters a pixel, without the empty margins; beside it one line for each
// class with its probability.
std::string draw(std::span<const uint8_t> pixels, size_t width, std::span<const double> probabilities);
