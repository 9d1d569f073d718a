// The book's live figure of this chapter: a run on machines that fail, and what part of such runs is useful, by the interval.
// sources: interval
#include <algorithm>
#include <cmath>

#include "chapters/12_restart/interval.h"
#include "common/live/live.h"

namespace {

constexpr int runs = 200, intervals = 100;  // that are simulated for each estimate

// What fills a run's first seconds: kind (0: intervals whose work is saved, 1: work that is thrown away, 2: a restart), begin, end,
// and how many intervals, or whether a failure ended it.
std::vector<std::vector<double>> bars_of(const std::vector<Stretch>& seen, double seconds) {
  std::vector<std::vector<double>> bars;
  double begin = 0;
  for (const Stretch& stretch : seen) {
    if (begin >= seconds) break;
    const double kind = stretch.restart ? 2 : stretch.failed, end = begin + stretch.seconds;
    if (kind > 0 || bars.empty() || bars.back()[0] > 0) bars.push_back({kind, begin, end, 0});
    bars.back()[2] = std::min(end, seconds);
    bars.back()[3] += kind == 0 || (stretch.failed && end < seconds);
    begin = end;
  }
  return bars;
}

live::Json figure(const live::Settings& s) {
  const Failures f{3600 * 6336 / s.number("nodes"), s.number("checkpoint"), s.number("restart")};
  // The slider's places: each fourth is twice as long. The longest is what two failures leave, on average.
  const int last = int(4 * std::log2(2 * f.between / 50)), seed = s.integer("seed");
  const double interval = std::round(50 * std::exp2(std::min(s.integer("place"), last) / 4.0)), seconds = 8 * f.between;
  std::vector<Stretch> seen;
  simulated_seconds(f, interval, int(seconds / (interval + f.checkpoint)) + 1, uint64_t(seed * runs), &seen);
  const auto bars = bars_of(seen, seconds);
  std::vector<double> parts(3, 0.0);
  for (const auto& bar : bars) parts[size_t(bar[0])] += (bar[2] - bar[1]) / seconds;

  const auto row = [&](const char* name, double t) -> live::Json {
    const Estimate simulated = simulated_share(f, t, intervals, runs, seed);
    return {{"name", name}, {"interval", t}, {"formula", useful_share(f, t)}, {"mean", simulated.mean}, {"half", simulated.half}};
  };
  std::vector<live::Json> rows{row("this interval", interval)}, more;
  for (const auto& [name, t] : named_intervals(f)) rows.push_back(row(name, t));
  const double best = best_interval(f);
  for (double times : {1 / 16.0, 1 / 8.0, 0.5, 2.0, 8.0})
    if (times * best < 2 * f.between) more.push_back(row("", times * best));
  std::vector<std::vector<double>> curve;
  for (int i = -32; i <= 32; ++i) curve.push_back({best * std::exp2(i / 8.0), useful_share(f, best * std::exp2(i / 8.0))});
  return {{"between", f.between}, {"interval", interval}, {"last", last}, {"seconds", seconds}, {"bars", bars}, {"parts", parts},
          {"rows", rows}, {"more", more}, {"curve", curve}, {"best", best}};
}

const live::Figure here(figure);

}  // namespace
