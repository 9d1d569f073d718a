#include "chapters/12_restart/interval.h"

#include <cmath>
#include <random>

double useful_share(const Failures& f, double interval) {
  return interval / (f.between * std::exp(f.restart / f.between) * std::expm1((interval + f.checkpoint) / f.between));
}

double young_interval(const Failures& f) { return std::sqrt(2 * f.checkpoint * f.between); }

double daly_interval(const Failures& f) {
  const double x = f.checkpoint / (2 * f.between);
  return x < 1 ? young_interval(f) * (1 + std::sqrt(x) / 3 + x / 9) - f.checkpoint : f.between;
}

// (1 - t/M) e^((t+c)/M) = 1: on the left is a function that falls from more than 1 at t = 0 to 0 at t = M.
double best_interval(const Failures& f) {
  double low = 0, high = f.between;
  for (int i = 0; i < 200; ++i) {
    const double t = (low + high) / 2;
    ((1 - t / f.between) * std::exp((t + f.checkpoint) / f.between) > 1 ? low : high) = t;
  }
  return low;
}

std::vector<std::pair<const char*, double>> named_intervals(const Failures& f) {
  const double best = best_interval(f);
  return {{"a quarter of the best", best / 4}, {"Young 1974, sqrt(2 c M)", young_interval(f)}, {"Daly 2006", daly_interval(f)},
          {"the best", best},                  {"four times the best", best * 4}};
}

double simulated_seconds(const Failures& f, double interval, int intervals, uint64_t seed, std::vector<Stretch>* seen) {
  std::mt19937_64 random(seed);
  // The time to the next failure: u is uniform in [0, 1), of 53 bits, so that every library draws the same.
  const auto draw = [&] { return -f.between * std::log1p(-std::ldexp(double(random() >> 11), -53)); };
  double time = 0, left = draw();
  // Whether so many seconds go by without a failure.
  const auto pass = [&](double seconds, bool restart = false) {
    const bool well = left > seconds;
    if (seen) seen->push_back({restart, !well, well ? seconds : left});
    time += well ? seconds : left;
    left = well ? left - seconds : draw();
    return well;
  };
  for (int i = 0; i < intervals; ++i)
    while (!pass(interval + f.checkpoint))
      while (!pass(f.restart, true)) {
      }
  return time;
}

Estimate simulated_share(const Failures& f, double interval, int intervals, int64_t runs, int64_t seed) {
  double sum = 0, squares = 0;
  const double n = double(runs), work = interval * intervals;
  for (int64_t run = 0; run < runs; ++run) {
    const double seconds = simulated_seconds(f, interval, intervals, uint64_t(seed * runs + run));
    sum += seconds;
    squares += seconds * seconds;
  }
  const double mean = sum / n, deviation = std::sqrt((squares / n - mean * mean) * n / (n - 1));
  return {work / mean, 1.96 * deviation / std::sqrt(n) * work / (mean * mean)};
}

double restart_for(const Failures& f, double share) {
  const double interval = best_interval(f);
  return f.restart + f.between * std::log(useful_share(f, interval) / share);
}
