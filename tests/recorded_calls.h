// What a rank does, one thing after another: its MPI calls, as the guard records them for --trace, and the products of a device that
// records, too.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "chapters/01_serial/cpu_device.h"
#include "common/mpi_guard/call.h"
#include "common/mpi_guard/trace.h"

namespace guard {  // weak: null without the guard (GUARD=0)
struct RecordedTrace;
__attribute__((weak)) RecordedTrace& recorded_trace();
}  // namespace guard
#include "common/mpi_guard/trace_events.h"

// "MPI_Isend" to or from `peer` with `tag`; "dx" and "dw" with the product's number, see RecordingDevice.
struct Recorded {
  std::string what;
  int peer = -1, tag = -1, number = -1;
};

inline bool calls_can_be_recorded() { return &guard::recorded_trace != nullptr; }

// Everything that work() does on this rank.
template <class Work>
std::vector<Recorded> record(Work work) {
  std::vector<guard::Event>& events = guard::recorded_trace().events;
  events.clear();
  guard::tracing = true;
  work();
  guard::tracing = false;
  std::vector<Recorded> all;
  for (const guard::Event& event : events) {
    if (event.region) all.push_back({.what = event.region, .number = event.number});
    else all.push_back({.what = guard::name_of(event.call.op), .peer = event.call.peer, .tag = event.call.tag});
  }
  events.clear();
  return all;
}

// Records the two products of backward when they begin, with the number 100 · in + out.
struct RecordingDevice : CpuDevice {
  void linear_backward_weights(float* dw, const float* x, const float* dy, Write write, int rows, int in, int out) override {
    { const TraceRegion begins("dw", 100 * in + out); }
    CpuDevice::linear_backward_weights(dw, x, dy, write, rows, in, out);
  }
  void linear_backward_input(float* dx, const float* dy, const float* w, Write write, int rows, int in, int out) override {
    { const TraceRegion begins("dx", 100 * in + out); }
    CpuDevice::linear_backward_input(dx, dy, w, write, rows, in, out);
  }
};

// The peers of the calls of this name, in their order.
inline std::vector<int> peers_of(const std::vector<Recorded>& all, const std::string& what) {
  std::vector<int> peers;
  for (const Recorded& r : all)
    if (r.what == what) peers.push_back(r.peer);
  return peers;
}

// rank + 1, rank + 2, ..., rank - 1: whom each rank sends to in an order of its own.
inline std::vector<int> others_from_the_right(int rank, int ranks) {
  std::vector<int> others;
  for (int step = 1; step < ranks; ++step) others.push_back((rank + step) % ranks);
  return others;
}

// One letter for each: x and w for the products, R for MPI_Irecv, S for MPI_Isend; nothing for others.
inline std::string letters_of(const std::vector<Recorded>& all) {
  std::string letters;
  for (const Recorded& r : all)
    letters += r.what == "dx" ? "x" : r.what == "dw" ? "w" : r.what == "MPI_Irecv" ? "R" : r.what == "MPI_Isend" ? "S" : "";
  return letters;
}

// Whether the calls of this name go to all others again and again, from the right neighbour on.
inline bool begin_at_the_right(const std::vector<Recorded>& all, const std::string& what, int rank, int ranks) {
  std::vector<int> expected;
  const std::vector<int> found = peers_of(all, what), others = others_from_the_right(rank, ranks);
  while (expected.size() < found.size()) expected.insert(expected.end(), others.begin(), others.end());
  return found == expected;
}
