// How much of a run is useful if machines fail, and how often to save.
//
// The model: failures come at random moments, on average one in `between` seconds, and do not remember each other (the exponential
// law). After `interval` seconds of work a checkpoint takes `checkpoint` seconds. A failure throws away what was done since the last
// checkpoint, and a restart takes `restart` seconds; a failure may strike in a checkpoint or a restart, too.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

struct Failures {
  double between, checkpoint, restart;  // seconds, M, c and r in the text
};

// The share of the time that is useful: t / (M e^(r/M) (e^((t+c)/M) - 1)).  J. T. Daly, Future Generation Computer Systems 22 (2006),
// equation 13.
double useful_share(const Failures& f, double interval);

// The interval with the largest useful share, by three ways.
double young_interval(const Failures& f);  // sqrt(2 c M): J. W. Young, Communications of the ACM 17 (1974)
double daly_interval(const Failures& f);   // two terms more of the same series: Daly 2006, equation 37
double best_interval(const Failures& f);   // where the derivative is 0, by bisection

std::vector<std::pair<const char*, double>> named_intervals(const Failures& f);  // these, and what is far from the best

// What a simulated run does one after the other: an interval's work and its checkpoint, or a restart; to its end or to a failure.
struct Stretch {
  bool restart, failed;
  double seconds;
};

// The time that a run with `intervals` intervals takes, with failures that are drawn: a pure function of its arguments. Appends to `seen`.
double simulated_seconds(const Failures& f, double interval, int intervals, uint64_t seed, std::vector<Stretch>* seen = nullptr);

struct Estimate {
  double mean, half;  // of the 95 % interval, by the normal law: there are many runs
};
// The useful share of runs that are simulated, each of so many intervals.
Estimate simulated_share(const Failures& f, double interval, int intervals, int64_t runs, int64_t seed);

// How long a restart may take for this share to be useful, where each interval is the best; negative: no restart is short enough.
double restart_for(const Failures& f, double share);
