// The page that all ranks of a node share: who lives, who waits in which call, and, when asked, everything a
// rank can say about its wait.
#pragma once

#include <pthread.h>
#include <sys/types.h>

#include <atomic>

#include "common/mpi_guard/call.h"
#include "common/mpi_guard/report.h"

namespace guard {

enum class Phase : int { starting, running, finalized };

struct Slot : Marker {
  alignas(64) std::atomic<Phase> phase{Phase::starting};
  int world_rank = 0;
  pid_t pid = 0;
  // Held by the rank from MPI_Init to MPI_Finalize; robust, so its death shows at once.
  pthread_mutex_t alive;

  alignas(64) std::atomic<uint64_t> answered{0};  // the last question that `report` answers
  RankReport report;
};

struct Page {
  std::atomic<uint64_t> question{0};  // raised by one: every rank's helper writes its report
  std::atomic<bool> ending{false};    // the job is being ended: nobody else complains
  std::atomic<bool> leaving{false};   // the watchdog ends it: every rank's helper exits, whatever its rank does
  int ranks = 0;                      // slots in use
  Slot slots[];

  bool everyone_waits() const;  // inside a call, or finalized
  uint64_t sum_of_moves() const;
};

// This rank's slot. Before MPI_Init, and where there is no shared memory, a private one that nobody reads.
extern Slot* slot;

// The shared memory of this name, made where `bytes` is not 0; null if there is none.
Page* map_page(const char* name, size_t bytes = 0);

// Collective over the ranks of `node`; null where the system has no shared memory.
Page* create_page(MPI_Comm node, int world_rank);

}  // namespace guard
