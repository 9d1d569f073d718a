// Measures what cost.h needs to know of the machine: the steps of every algorithm, with many lengths.
#include <vector>

#include "chapters/05_collectives/add.h"
#include "chapters/05_collectives/cost.h"
#include "chapters/05_collectives/messages.h"
#include "chapters/05_collectives/timing.h"

Calibration::Calibration(MPI_Comm comm, size_t longest)
    : comm_(comm), out_(longest), in_(longest), sum_(longest) {
  for (size_t floats = 1; floats <= longest; floats *= 2) times_.push_back({floats, {}, {}, {}});
}

void Calibration::round() {
  const int ranks = ranks_of(comm_), rank = rank_of(comm_);
  const int right = (rank + 1) % ranks, left = (rank - 1 + ranks) % ranks;
  float *out = out_.data(), *in = in_.data(), *sum = sum_.data();
  for (auto& [floats, exchange, reduction, reduction_of_sent] : times_) {
    const size_t n = floats;
    const auto swap = [&] { exchange_floats(out, n, right, in, n, left, comm_); };
    exchange.push_back(seconds_per_call(comm_, out, n, true, swap));
    reduction.push_back(seconds_per_call(comm_, out, n, true, [&] { swap(), add(sum, sum, in, n); }));
    reduction_of_sent.push_back(seconds_per_call(comm_, out, n, true, [&] { swap(), add(out, out, in, n); }));
  }
}

Machine Calibration::fit() {
  const auto line = [&](std::vector<double> Times::*step) {
    std::vector<Sample> samples;
    for (Times& times : times_) {
      take_slowest(times.*step, comm_);
      samples.push_back({double(times.floats * sizeof(float)), median(times.*step)});
    }
    return fit_curve(samples);
  };
  return {line(&Times::exchange), line(&Times::reduction), line(&Times::reduction_of_sent)};
}

Machine calibrate(MPI_Comm comm, size_t longest, int rounds) {
  Calibration calibration(comm, longest);
  for (int round = 0; round < rounds; ++round) calibration.round();
  return calibration.fit();
}
