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
    // Handles are small numbers below a few high bits that say of which kind they are, or aligned addresses. All bits must count: MPICH's
    // ac000001 is a receive, and 6c000001 a send that was over at once. So: the high bits of a product (Fibonacci hashing).
    return entries_[(uint64_t)(uintptr_t)(request) * 0x9e3779b97f4a7c15u >> 52];
  }
  std::array<Entry, 1 << 12> entries_;
};

extern Requests requests;

// Which requests of the array in the current MPI_Waitall are known to be complete (first 64); polite mode only.
extern uint64_t complete_in_waitall;

}  // namespace guard
