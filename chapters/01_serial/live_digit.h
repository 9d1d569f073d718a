// A digit that the reader of the live figure has painted, as an image of the data set.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

// painted: 28 x 28 greys from 0, paper, to f, ink, row after row.  Returns as many pixels from 0 to 255, moved so that the ink has its middle
// in the middle, as in MNIST. What leaves the image is lost.
std::vector<uint8_t> centred_digit(const std::string& painted);
