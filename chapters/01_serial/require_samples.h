// For programs that take a whole batch from a data set, which may have fewer samples than MNIST.
#pragma once

#include <string>

#include "common/dataset.h"
#include "common/error.h"

// Throws Error unless there are `rows` training samples; `what` is who wants them.
inline void require_samples(const Dataset& train, int64_t rows, const std::string& what = "--batch") {
  if (size_t(rows) > train.count)
    throw Error(what + ": " + std::to_string(rows) + " is more than the " + std::to_string(train.count) + " training samples");
}
