// level: core
// points: 5
// ranks: 3 1 2 5
// forbids: collectives
// hint: Which elements does my left neighbour miss, and where do they begin in my x? From which line on may nobody touch x + width, and from which line on may I read the margins?
#include <sched.h>

#include <ctime>

#include "common/mpi/session.h"
#include "tests/exercises/task.h"

void exchange_margins(float* x, int n, int width, void (*meanwhile)(), MPI_Comm comm);

namespace {

// What meanwhile() sees. A message that is under way arrives while this rank calls MPI, whatever it calls; so it looks for
// messages on a communicator of its own until the margins are there, or it has looked for a second of processor time. On a busy machine that may be
// a minute; a message that nobody waits for, one with a wrong tag, says at once that it would be in vain.
float *left_margin = nullptr, *right_margin = nullptr;  // null: there is no neighbour
int margin = 0, calls = 0;
bool there_before = false, came_meanwhile = false;
MPI_Comm own = MPI_COMM_NULL;

// The elements are 1 or more; a margin is NaN or 0 before they come.
bool arrived(const volatile float* values) { return !values || (values[0] > 0 && values[margin - 1] > 0); }
bool all_arrived() { return arrived(left_margin) && arrived(right_margin); }

void meanwhile() {
  ++calls;
  there_before = all_arrived();
  const std::clock_t end = std::clock() + CLOCKS_PER_SEC;
  while (!all_arrived() && std::clock() < end) {
    int any = 0;
    MPI_CHECK(MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, own, &any, MPI_STATUS_IGNORE));
    MPI_CHECK(MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &any, MPI_STATUS_IGNORE));
    if (any) break;
    sched_yield();
  }
  came_meanwhile = all_arrived();
}

}  // namespace

int main(int argc, char** argv) {
  MpiSession mpi(argc, argv);
  Task task(argc, argv, mpi.rank());
  MPI_CHECK(MPI_Comm_dup(MPI_COMM_WORLD, &own));
  margin = task.number();
  std::vector<float> elements;
  for (int rank = 0; rank < mpi.size(); ++rank) {
    const std::vector<float> values = task.values(size_t(task.number()));
    if (rank == mpi.rank()) elements = values;
  }
  const size_t n = elements.size(), width = size_t(margin);
  Output x(width + n + width);
  for (size_t i = 0; i < n; ++i) x[width + i] = elements[i];
  if (mpi.rank() > 0) left_margin = x.data();
  if (mpi.rank() + 1 < mpi.size()) right_margin = x.data() + width + n;

  exchange_margins(x, int(n), margin, meanwhile, MPI_COMM_WORLD);
  task.answer(x);
  task.answer(double(calls));
  task.answer(double(there_before));
  task.answer(double(came_meanwhile));
  MPI_CHECK(MPI_Comm_free(&own));
}
