// level: core
// points: 3
// ranks: 2 3 1
// hint: Two shards (3, 0) and (0, 4): what is the norm of the whole, what are those of the shards, and which sum of two numbers leads from these to that?
#include "common/mpi/session.h"
#include "tests/exercises/task.h"

double clip_shards(float* shard, int n, double limit, MPI_Comm comm);

int main(int argc, char** argv) {
  MpiSession mpi(argc, argv);
  Task task(argc, argv, mpi.rank());
  std::vector<float> mine;
  const double limit = task.real();
  for (int rank = 0; rank < mpi.size(); ++rank) {
    const std::vector<float> shard = task.values(size_t(task.number()));
    if (rank == mpi.rank()) mine = shard;
  }
  Output shard(mine);
  const double norm = clip_shards(shard, int(mine.size()), limit, MPI_COMM_WORLD);
  task.answer(norm);
  task.answer(shard);
}
