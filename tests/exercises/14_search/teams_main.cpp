// level: stretch
// points: 6
// ranks: 7 4 2
// forbids: unfreed
// hint: Six workers, weights 1, 2 and 3: which ranks are the three teams, and which rank does each leader have among the manager and the leaders? Whom must the manager not wait for before the last row is sent?
#include <sched.h>
#include <unistd.h>

#include <ctime>
#include <numeric>

#include "common/mpi/session.h"
#include "tests/exercises/task.h"

void run_teams(float* x, int n, const int* weights, int teams, void (*work)(float* row, int n, MPI_Comm team), MPI_Comm world);

namespace {

int calls = 0, given_n = 0, freed = 0, keyval = MPI_KEYVAL_INVALID;
bool together = false, waits = false;
std::vector<int> members;  // of the team, as ranks of world
std::vector<float> row_before;
MPI_Comm workers = MPI_COMM_NULL;
MPI_Request all_work = MPI_REQUEST_NULL;

int note_free(MPI_Comm, int, void*, void*) {
  ++freed;
  return MPI_SUCCESS;
}

std::vector<int> ranks_in(MPI_Comm comm) {
  MPI_Group group, all;
  int size = 0;
  MPI_CHECK(MPI_Comm_group(comm, &group));
  MPI_CHECK(MPI_Comm_group(MPI_COMM_WORLD, &all));
  MPI_CHECK(MPI_Group_size(group, &size));
  std::vector<int> here(static_cast<size_t>(size)), there(here);
  std::iota(here.begin(), here.end(), 0);
  MPI_CHECK(MPI_Group_translate_ranks(group, size, here.data(), all, there.data()));
  MPI_CHECK(MPI_Group_free(&group));
  MPI_CHECK(MPI_Group_free(&all));
  return there;
}

// Have all workers of all teams come to work()? Waits for them, but not longer than half a second of processor time, and after once in
// vain not again: one farm that waits says enough.
bool all_come() {
  static bool in_vain = false;
  MPI_CHECK(MPI_Ibarrier(workers, &all_work));
  waits = true;
  int done = 0;
  const std::clock_t end = std::clock() + (in_vain ? 0 : CLOCKS_PER_SEC / 2);
  while (!done && std::clock() < end) {
    MPI_CHECK(MPI_Test(&all_work, &done, MPI_STATUS_IGNORE));
    sched_yield();
  }
  in_vain = !done;
  return done;
}

// Adds (rank in the team + 2) · row of all of the team. Later teams are done earlier.
void work(float* row, int n, MPI_Comm team) {
  if (++calls > 1 || team == MPI_COMM_NULL) return;
  given_n = n;
  members = ranks_in(team);
  if (members[0] == 0) return;
  int dummy = 0, rank = 0;
  MPI_CHECK(MPI_Comm_set_attr(team, keyval, &dummy));
  MPI_CHECK(MPI_Comm_rank(team, &rank));
  row_before.assign(row, row + n);
  together = all_come();
  for (int i = 0; i < n; ++i) row[i] *= float(rank + 2);
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, row, n, MPI_FLOAT, MPI_SUM, team));
  usleep(useconds_t(40000 / members[0]));
}

}  // namespace

// Several farms, one after another, in one launch.
int main(int argc, char** argv) {
  MpiSession mpi(argc, argv);
  Task task(argc, argv, mpi.rank());
  MPI_CHECK(MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, note_free, &keyval, nullptr));
  MPI_CHECK(MPI_Comm_split(MPI_COMM_WORLD, mpi.rank() == 0 ? MPI_UNDEFINED : 0, mpi.rank(), &workers));
  for (int farms = task.number(); farms > 0; --farms) {
    const int n = task.number(), teams = task.number();
    const auto weights = task.input<int>(size_t(teams));
    Output x(task.values(size_t(teams) * size_t(n)));
    calls = given_n = freed = 0, together = waits = false;
    members.clear(), row_before.clear();
    run_teams(mpi.rank() == 0 ? x.data() : nullptr, n, weights.data(), teams, work, MPI_COMM_WORLD);
    if (waits) MPI_CHECK(MPI_Wait(&all_work, MPI_STATUS_IGNORE));
    members.resize(size_t(mpi.size()), -1);
    row_before.resize(size_t(n));
    for (int number : {calls, given_n, freed, int(together)}) task.answer(double(number));
    task.answer(members);
    task.answer(row_before);
    task.answer(x);
  }
  if (workers != MPI_COMM_NULL) MPI_CHECK(MPI_Comm_free(&workers));
  MPI_CHECK(MPI_Comm_free_keyval(&keyval));
}
