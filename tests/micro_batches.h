// The gradients of a batch as one process computes them, a micro-batch after the other: what the tests of several chapters compare with.
#pragma once

#include <cstdint>
#include <span>

#include "chapters/01_serial/head.h"
#include "chapters/01_serial/mlp.h"
#include "common/dataset.h"
#include "common/split.h"

// Gradients of the batch's mean loss, of these of its micro-batches; returns their part of the loss. Without rows nothing is written.
inline double gradients_of(auto& mlp, auto& head, const Dataset& data, std::span<const uint32_t> order, Range batch, int micro_batches, Range own) {
  double loss = 0;
  Write write = Write::overwrite;
  for (size_t m = own.first; m < own.last; ++m) {
    const Range rows = share(batch, size_t(micro_batches), m);
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

inline double gradients_of(auto& mlp, auto& head, const Dataset& data, std::span<const uint32_t> order, Range batch, int micro_batches) {
  return gradients_of(mlp, head, data, order, batch, micro_batches, {0, size_t(micro_batches)});
}
