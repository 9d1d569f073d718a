// The trace, as programs use it. Works with or without the guard: where it is not linked, nothing happens.
//
//   trace_begin(options.trace);            // after MPI_Init, on every rank; an empty name: no trace
//   { TraceRegion region("forward", m); ... }   // one block in the picture, labelled "forward 3"
//
// MPI calls need no region: the guard records them itself. MPI_Finalize writes the file: Chrome's trace format,
// for ui.perfetto.dev, chrome://tracing, or `make timeline TRACE=file`. GUARD_TRACE=file does the same for a
// program without the option.
#pragma once

#include <cstdint>
#include <string>

extern "C" {
// Weak: null in a program without the guard.
__attribute__((weak)) void guard_trace_begin(const char* file);
__attribute__((weak)) int64_t guard_trace_region_begin();  // 0 when not tracing
__attribute__((weak)) void guard_trace_region_end(const char* name, int number, int64_t begin);
// Of a GPU's stream, which has a row of its own from 1 on; times as guard_trace_region_begin tells them.
__attribute__((weak)) void guard_trace_stream(const char* name, int number, int64_t begin, int64_t end, int row);
}

// Throws std::runtime_error on rank 0 if the file cannot be written.
inline void trace_begin(const std::string& file) {
  if (guard_trace_begin && !file.empty()) guard_trace_begin(file.c_str());
}

class TraceRegion {
 public:
  // `name` must be a literal: it is read again in MPI_Finalize. `number`: of the micro-batch, say.
  explicit TraceRegion(const char* name, int number = -1)
      : name_(name), number_(number), begin_(guard_trace_region_begin ? guard_trace_region_begin() : 0) {}
  ~TraceRegion() {
    if (begin_) guard_trace_region_end(name_, number_, begin_);
  }
  TraceRegion(const TraceRegion&) = delete;
  TraceRegion& operator=(const TraceRegion&) = delete;

 private:
  const char* name_;
  int number_;
  int64_t begin_;
};
