// The gradients of a batch as one process computes them, a micro-batch after the other: what the tests of several chapters compare with.
#pragma once

#include <cstdint>
#include <span>

#include "chapters/01_serial/head.h"
#include "chapters/01_serial/mlp.h"
#include "common/dataset.h"
#include "common/split.h"

// Gradients of the batch's mean loss, which it returns.
inline double gradients_of(auto& mlp, auto& head, const Dataset& data, std::span<const uint32_t> order, Range batch, int micro_batches) {
  double loss = 0;
  Write write = Write::overwrite;
  for (int m = 0; m < micro_batches; ++m) {
    const Range rows = share(batch, size_t(micro_batches), size_t(m));
    if (rows.empty()) continue;
    load_images(mlp, data, order, rows);
    head.load_labels(data, order, rows);
    mlp.forward(int(rows.size()));
    head.backward(mlp, batch.size());
    mlp.backward(write);
    loss += head.loss(mlp, batch.size());
    write = Write::accumulate;
  }
  return loss;
}
