// The events of one rank, kept in memory until MPI_Finalize merges those of all ranks.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/mpi_guard/call.h"

namespace guard {

struct Event {
  int64_t begin, end;  // nanoseconds on this host's clock
  const char* region;  // null for an MPI call
  int number;          // of the region; -1: none
  Call call;
  int row = 0;         // of a GPU's stream
};

void trace_call(const Call& call, int64_t begin);  // it ends now

struct RecordedTrace {
  std::string file;
  std::vector<Event> events;
  int64_t dropped = 0;  // what did not fit
};
RecordedTrace& recorded_trace();

// A trace has another name until it is complete. Not so a device or a pipe: nothing may take its place.
std::string name_while_written(const std::string& file);

}  // namespace guard
