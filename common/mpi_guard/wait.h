// Polite waiting: what a rank does while it waits for others, when there are more ranks than cores.
#pragma once

#include <mpi.h>
#include <sched.h>

#include <cstdint>
#include <vector>

namespace guard {

// Nanoseconds of this host's clock, from some moment on. A test may put a clock of its own in its place.
extern int64_t (*now_ns)();

// Whether the ranks of this job wait politely. Decided once, in MPI_Init, the same on all ranks: a blocking
// and a nonblocking collective do not match each other.
extern bool polite;

// Whether ranks must share cores, given the cores that each rank of a machine may run on: more ranks than cores
// in all, or more ranks inside some rank's set than it has cores (ranks pinned to the same ones).
bool overcrowded(const std::vector<cpu_set_t>& ranks);

// Gives the core away. Called between two looks at something that is not there yet.
void yield_core();

// A program that polls is as polite as one that waits: a look that finds nothing gives the core away. Returns its error.
inline int looked(int error, const int* found) {
  if (polite && error == MPI_SUCCESS && *found == 0) yield_core();
  return error;
}

// Waits until `request` is complete, as MPI_Wait does: same status, same error.
int wait_politely(MPI_Request* request, MPI_Status* status);

// A blocking call made of its nonblocking twin, politely(PMPI_Ibarrier, comm): for the guard's own messages.
template <class... Parameters, class... Arguments>
int politely(int (*twin)(Parameters...), Arguments... arguments) {
  MPI_Request request;
  const int error = twin(arguments..., &request);
  return error == MPI_SUCCESS ? wait_politely(&request, MPI_STATUS_IGNORE) : error;
}

// What the numbers of all ranks of `comm` give.
inline int over_ranks(MPI_Op operation, int mine, MPI_Comm comm) {
  int all = mine;
  politely(PMPI_Iallreduce, &mine, &all, 1, MPI_INT, operation, comm);
  return all;
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
