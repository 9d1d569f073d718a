// A small data set for the tests of several chapters.
#pragma once

#include <cstdint>

#include "common/dataset.h"
#include "common/philox.h"

// Pixels and labels that mean nothing, but give gradients of all sizes. 5 x 7 pixels.
inline Dataset small_data(size_t count) {
  Dataset data;
  data.count = count;
  data.height = 5;
  data.width = 7;
  for (size_t i = 0; i < count * data.features(); ++i)
    data.pixels.push_back(uint8_t(random_words(1, RandomStream::test, 1, i)[0] % 256));
  for (size_t i = 0; i < count; ++i) data.labels.push_back(uint8_t(random_words(1, RandomStream::test, 2, i)[0] % 10));
  return data;
}
