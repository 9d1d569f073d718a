// Measures what cost.h needs to know of the machine: the two steps of every algorithm, with many lengths.
#include <vector>

#include "chapters/05_collectives/add.h"
#include "chapters/05_collectives/cost.h"
#include "chapters/05_collectives/messages.h"
#include "chapters/05_collectives/timing.h"

Calibration::Calibration(MPI_Comm comm) : comm_(comm), out_(longest), in_(longest) {
  for (size_t floats = 1; floats <= longest; floats *= 2) times_.push_back({floats, {}, {}});
}

void Calibration::round() {
  const int ranks = ranks_of(comm_), rank = rank_of(comm_);
  const int right = (rank + 1) % ranks, left = (rank - 1 + ranks) % ranks;
  float *out = out_.data(), *in = in_.data();
  for (auto& [floats, exchange, reduction] : times_) {
    const auto exchange_once = [&] { exchange_floats(out, floats, right, in, floats, left, comm_); };
    const auto reduce_once = [&] {
      exchange_once();
      add(out, out, in, floats);
    };
    exchange.push_back(seconds_per_call(comm_, out, floats, true, exchange_once));
    reduction.push_back(seconds_per_call(comm_, out, floats, true, reduce_once));
  }
}

Machine Calibration::fit() {
  std::vector<Sample> exchanges, reductions;
  for (auto& [floats, exchange, reduction] : times_) {
    take_slowest(exchange, comm_);
    take_slowest(reduction, comm_);
    exchanges.push_back({static_cast<double>(floats * sizeof(float)), median(exchange)});
    reductions.push_back({static_cast<double>(floats * sizeof(float)), median(reduction)});
  }
  return {fit_line(exchanges), fit_line(reductions)};
}

Machine calibrate(MPI_Comm comm) {
  Calibration calibration(comm);
  for (int round = 0; round < 7; ++round) calibration.round();
  return calibration.fit();
}
