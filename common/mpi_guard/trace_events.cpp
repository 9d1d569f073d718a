// See trace.h and trace_events.h.
#include "common/mpi_guard/trace_events.h"

#include <mpi.h>

#include <cstdio>
#include <filesystem>
#include <stdexcept>

#include "common/mpi_guard/trace.h"
#include "common/mpi_guard/wait.h"

namespace guard {

bool tracing = false;

namespace {

constexpr size_t most_events = 1'000'000;  // per rank: 130 MB

void record(const Event& event) {
  RecordedTrace& trace = recorded_trace();
  if (trace.events.size() < most_events)
    trace.events.push_back(event);
  else
    trace.dropped++;
}

}  // namespace

RecordedTrace& recorded_trace() {
  static RecordedTrace& trace = *new RecordedTrace;  // MPI_Finalize may run in a static object's destructor
  return trace;
}

void trace_call(const Call& call, int64_t begin) { record({begin, now_ns(), nullptr, -1, call}); }

std::string name_while_written(const std::string& file) {
  return !std::filesystem::exists(file) || std::filesystem::is_regular_file(file) ? file + ".part" : file;
}

}  // namespace guard

void guard_trace_begin(const char* file) {
  int rank = 0;
  PMPI_Comm_rank(MPI_COMM_WORLD, &rank);
  if (rank == 0) {  // better now than after an hour of training
    FILE* trial = std::fopen(guard::name_while_written(file).c_str(), "w");
    if (!trial) throw std::runtime_error(std::string(file) + ": the trace cannot be written there");
    std::fclose(trial);
  }
  guard::recorded_trace().file = file;
  guard::tracing = true;
}

int64_t guard_trace_region_begin() { return guard::tracing ? guard::now_ns() : 0; }

void guard_trace_region_end(const char* name, int number, int64_t begin) {
  guard::record({begin, guard::now_ns(), name, number, {}});
}

void guard_trace_stream(const char* name, int number, int64_t begin, int64_t end, int row) {
  guard::record({begin, end, name, number, {}, row});
}
