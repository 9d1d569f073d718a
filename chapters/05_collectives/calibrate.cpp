// Measures what cost.h needs to know of the machine: exchanges of many lengths, and additions.
#include <vector>

#include "chapters/05_collectives/add.h"
#include "chapters/05_collectives/cost.h"
#include "chapters/05_collectives/messages.h"
#include "chapters/05_collectives/timing.h"

Calibration::Calibration(MPI_Comm comm) : comm_(comm), out_(longest), in_(longest) {
  for (size_t floats = 1; floats <= longest; floats *= 2) exchanges_.push_back({floats, {}});
}

void Calibration::round() {
  const int ranks = ranks_of(comm_), rank = rank_of(comm_);
  const int right = (rank + 1) % ranks, left = (rank - 1 + ranks) % ranks;
  for (auto& [floats, seconds] : exchanges_) {
    const auto exchange = [&] { exchange_floats(out_.data(), floats, right, in_.data(), floats, left, comm_); };
    seconds.push_back(seconds_per_call(comm_, out_.data(), floats, true, exchange));
  }
  const auto addition = [&] { add(out_.data(), out_.data(), in_.data(), addends); };
  additions_.push_back(seconds_per_call(comm_, out_.data(), addends, true, addition));
}

Machine Calibration::fit() {
  std::vector<Sample> samples;
  for (auto& [floats, seconds] : exchanges_) {
    take_slowest(seconds, comm_);
    samples.push_back({static_cast<double>(floats * sizeof(float)), median(seconds)});
  }
  take_slowest(additions_, comm_);
  return fit_machine(samples, median(additions_) / (addends * sizeof(float)));
}

Machine calibrate(MPI_Comm comm) {
  Calibration calibration(comm);
  for (int round = 0; round < 7; ++round) calibration.round();
  return calibration.fit();
}
