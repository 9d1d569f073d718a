// Nobody has said how patient the watchdog is to be: ten seconds by its clock, which here goes on by one second whenever it looks.
// ranks: 2
// expect: guard: no rank has moved for 10 s, and every rank waits:
#include <time.h>

#include <cstdlib>

#include "common/mpi_guard/alarm.h"
#include "tests/mpi_guard/planted.h"

namespace {

double look_by_look() {
  static thread_local double last = 0, shown = 1000;
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  const double real = double(time.tv_sec) + 1e-9 * double(time.tv_nsec);
  if (real - last > 0.05) shown += 1;  // not while it waits for an answer
  last = real;
  return shown;
}

// Before MPI_Init.
const bool nobody_has_said = [] {
  guard::now = look_by_look;
  return unsetenv("GUARD_TIMEOUT") == 0;
}();

}  // namespace

void planted(int rank, int) {
  int value = nobody_has_said;
  MPI_Recv(&value, 1, MPI_INT, 1 - rank, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}
