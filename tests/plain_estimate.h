// The estimate of a step on a grid a second time: what the text of chapter 10 says, added up plainly, on a machine without nodes.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "chapters/08_layer_splitting/partition.h"
#include "chapters/10_hybrid/grid_footprint.h"
#include "chapters/10_hybrid/plan.h"
#include "tests/schedule_times.h"

struct Estimate {
  double seconds = 0, computing = 0, memory = 0;
  std::vector<double> parts = {};  // of the last stage: passes, sums, bubble, gradients, update
};

inline Estimate plain_estimate(const HybridSettings& s, const GridShape& shape, const PlanMachine& m) {
  const double D = shape.data, P = shape.pipeline, T = shape.tensor, rows = std::ceil(double(s.batch) / s.micro_batches);
  const auto sum = [&](double floats, int ranks) {
    return ranks > 1 && floats > 0 ? predicted_seconds("rank-order", 4 * floats, ranks, m.messages) : 0;
  };
  // Of activations and their gradients, by tensor ranks: as they are stored, a block for each other rank; added as floats; and back.
  const double bytes = double(s.activation_bytes);
  const auto there_once = [&](double block) { return m.messages.exchange(bytes * block); };
  const auto added = [&](double block) {
    const double floats = m.messages.reduction(4 * block);
    return bytes == 4 ? floats : floats - m.messages.exchange(4 * block) + there_once(block);
  };
  const auto forward_sum = [&](double out, size_t l) {
    if (T == 1) return 0.0;
    if (bytes == 4 || l + 2 == s.sizes.size()) return sum(rows * out, shape.tensor);  // the logits are floats
    return (T - 1) * (added(rows * out / T) + there_once(rows * out / T));
  };
  const std::vector<Range> chunks = balanced_chunks(s.sizes, shape.pipeline * s.chunks);
  std::vector<double> forward, backward, weights, computing(size_t(shape.pipeline), 0.0), parameters = computing, busy = computing;
  for (size_t c = 0; c < chunks.size(); ++c) {
    const size_t stage = c % size_t(shape.pipeline);
    double there = 0, back = 0, dw = 0;
    for (size_t l = chunks[c].first; l < chunks[c].last; ++l) {
      const double in = s.sizes[l], out = s.sizes[l + 1];
      const double product = 2 * rows * in * out / T / m.operations_per_second + 4 * in * out / T / m.bytes_per_second;
      computing[stage] += (l == 0 ? 2 : 3) * product;
      there += product, back += (l == 0 ? 1 : 2) * product, dw += product;
      if (l % 2 == 1) there += forward_sum(out, l);
      if (l % 2 == 0 && l > 0 && T > 1) {
        // Both ways go on while dw is computed, but not where the stage before waits.
        const double block = rows * in / T;
        const double hidden = l == chunks[c].first || s.schedule == "zb-h1" ? 0 : std::min(product, 2 * (T - 1) * there_once(block));
        back += std::max(0.0, (T - 1) * (added(block) + there_once(block)) - hidden);
      }
      if (l + 1 < chunks[c].last && (l + 1 - chunks[c].first) % size_t(s.keep_every) != 0)  // its output is not kept
        computing[stage] += product, back += product + (l % 2 == 1 ? forward_sum(out, l) : 0);
      const double some = std::floor((l % 2 == 0 ? out : in) / T);  // slice 0 has the smaller part
      parameters[stage] += l % 2 == 0 ? (in + 1) * some : (some + 1) * out;
    }
    const auto message = [&](size_t layer) {
      return m.messages.exchange(double(s.activation_bytes) * rows * s.sizes[layer] / (layer % 2 == 1 ? T : 1));
    };
    if (P > 1 && c + 1 < chunks.size()) there += message(chunks[c].last);
    if (P > 1 && c > 0) back += message(chunks[c].first);
    busy[stage] += there + back;
    forward.push_back(there), backward.push_back(back), weights.push_back(dw);
  }
  const int own = std::max(1, int(std::ceil(s.micro_batches / D)));
  const Times times = times_of(make_schedule(s.schedule, shape.pipeline, s.chunks, own), forward, backward, 0, weights);
  const auto exchange = [&](double n) {
    if (!s.gradients_as) return sum(n, shape.data);
    return (D - 1) * (m.messages.exchange(2 * n / D) + m.messages.reduction(4 * n / D));  // there, its addition, and back
  };
  const double vectors = s.optimizer.name == "sgd" ? 2 : s.optimizer.name == "momentum" ? 3 : 4;
  Estimate e;
  for (size_t stage = 0; stage < computing.size(); ++stage) {
    const double n = parameters[stage], update = 4 * vectors * n / D / m.bytes_per_second;
    const double end = times.end[stage].back(), all = end + exchange(n) + update;
    if (all > e.seconds) {
      e.seconds = all;
      e.parts = {own * computing[stage], own * (busy[stage] - computing[stage]), end - own * busy[stage], exchange(n), update};
    }
    e.computing += (update + computing[stage] * s.micro_batches / D) / P;
  }
  for (int rank = 0; rank < shape.ranks(); ++rank)
    e.memory = std::max(e.memory, double(predict_footprint(s, shape, place_of(rank, shape)).sum()));
  return e;
}
