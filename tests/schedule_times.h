// When the steps of a schedule begin and end, a second time: a step begins when the one before it in its stage and the one that makes
// its input have ended, and when there is room for the last output from its slot: as soon as the micro-batch that was there is through.
// Found by asking again and again until nothing moves.
#pragma once

#include <algorithm>
#include <vector>

#include "chapters/08_layer_splitting/schedule.h"

struct Times {
  std::vector<std::vector<double>> begin, end;  // by stage and step
  double length = 0, idle = 0;
};

// early: how long before a backward step's end its message leaves.  weights: of backward, where it is in halves; empty: half of it.
inline Times times_of(const Schedule& s, const std::vector<double>& forward, const std::vector<double>& backward, double early = 0,
                      const std::vector<double>& weights = {}) {
  Times t;
  for (const auto& steps : s.steps) t.begin.emplace_back(steps.size(), 0.0), t.end.emplace_back(steps.size(), 0.0);
  double busy = 0;
  for (bool changed = true; changed;) {
    changed = false;
    busy = 0;
    for (size_t stage = 0; stage < s.steps.size(); ++stage)
      for (size_t i = 0; i < s.steps[stage].size(); ++i) {
        const Step& step = s.steps[stage][i];
        double begin = i > 0 ? t.end[stage][i - 1] : 0;
        const auto for_each_step = [&](auto visit) {
          for (size_t from = 0; from < s.steps.size(); ++from)
            for (size_t j = 0; j < s.steps[from].size(); ++j) visit(s.steps[from][j], from, j);
        };
        const int direction = step.pass == Pass::forward ? 1 : -1;
        const auto is = [&](const Step& other, int chunk, int micro_batch) {
          return other.pass == step.pass && other.chunk == chunk && other.micro_batch == micro_batch;
        };
        for_each_step([&](const Step& other, size_t from, size_t j) {
          if (step.pass == Pass::weights) return;  // everything that it needs is there
          if (is(other, step.chunk - direction, step.micro_batch)) begin = std::max(begin, t.end[from][j] - (direction < 0 ? early : 0));
          if (!is(other, step.chunk + direction, step.micro_batch - s.slots[size_t(step.chunk)])) return;
          const int slots = s.slots[size_t(other.chunk)];
          for (size_t i = j; i > 0; --i) {
            const Step& there = s.steps[from][i - 1];
            if (from == stage || (there.chunk == other.chunk && there.micro_batch != other.micro_batch &&
                                  (there.micro_batch - other.micro_batch) % slots == 0)) {
              begin = std::max(begin, t.end[from][i - 1]);
              break;
            }
          }
        });
        double takes = (step.pass == Pass::forward ? forward : backward)[size_t(step.chunk)];
        const double second = weights.empty() ? takes / 2 : weights[size_t(step.chunk)];
        if (s.halves && step.pass != Pass::forward) takes = step.pass == Pass::weights ? second : takes - second;
        changed = changed || t.end[stage][i] != begin + takes;
        t.begin[stage][i] = begin, t.end[stage][i] = begin + takes;
        busy += takes, t.length = std::max(t.length, begin + takes);
      }
  }
  t.idle = 1 - busy / (t.length * double(s.steps.size()));
  return t;
}
