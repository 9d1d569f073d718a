// What the program's requests stand for: remembered so that the watchdog can say which
// message an MPI_Waitall waits for.
#pragma once

#include <mpi.h>

#include <array>
#include <cstdint>

#include "common/mpi_guard/call.h"

namespace guard {

// A table of fixed size where a newer request may displace an older one: a description may be lost, the cost
// per request is one store.
class Requests {
 public:
  void remember(MPI_Request request, const Call& call) { entry(request) = {request, call}; }

  // Null if unknown.
  const Call* find(MPI_Request request) {
    Entry& found = entry(request);
    return found.call.op != Op::none && found.request == request ? &found.call : nullptr;
  }

 private:
  struct Entry {
    MPI_Request request;
    Call call;
  };
  Entry& entry(MPI_Request request) {
    // Handles are small numbers or aligned addresses: spread both.
    const uint64_t bits = (uint64_t)(uintptr_t)(request);
    return entries_[(bits ^ (bits >> 6) ^ (bits >> 16)) % entries_.size()];
  }
  std::array<Entry, 4096> entries_;
};

extern Requests requests;

// Which requests of the array in the current MPI_Waitall are known to be complete (first 64); polite mode only.
extern uint64_t complete_in_waitall;

}  // namespace guard
