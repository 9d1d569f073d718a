// Polite waiting: what a rank does while it waits for others, when there are more ranks than cores.
#pragma once

#include <mpi.h>
#include <sched.h>

#include <vector>

namespace guard {

// Whether the ranks of this job wait politely. Decided once, in MPI_Init, the same on all ranks: a blocking
// and a nonblocking collective do not match each other.
extern bool polite;

// Whether ranks must share cores, given the cores that each rank of a machine may run on: more ranks than cores
// in all, or more ranks inside some rank's set than it has cores (ranks pinned to the same ones).
bool overcrowded(const std::vector<cpu_set_t>& ranks);

// Gives the core away. Called between two looks at something that is not there yet.
void yield_core();

// Waits until `request` is complete, as MPI_Wait does: same status, same error.
int wait_politely(MPI_Request* request, MPI_Status* status);

// The end of a blocking call made of its nonblocking twin: `started` is what the twin returned.
inline int finish_politely(int started, MPI_Request* request, MPI_Status* status = MPI_STATUS_IGNORE) {
  return started == MPI_SUCCESS ? wait_politely(request, status) : started;
}

// While it lives, a timer takes this thread out of whatever it spins in, every 100 microseconds, and lets
// others run: for calls that have no nonblocking twin (MPI_Comm_split, MPI_Win_fence, MPI_File_*, MPI_Init).
class YieldByTimer {
 public:
  explicit YieldByTimer(bool wanted);
  ~YieldByTimer();
  YieldByTimer(const YieldByTimer&) = delete;
  YieldByTimer& operator=(const YieldByTimer&) = delete;

 private:
  bool armed_ = false;
};

// A polled barrier, then a timer: before and during a collective call without a nonblocking twin. Most of
// the waiting is done in the barrier, where it costs nothing.
class PoliteRegion {
 public:
  explicit PoliteRegion(MPI_Comm communicator);  // MPI_COMM_NULL: no barrier

 private:
  YieldByTimer timer_;
};

}  // namespace guard
