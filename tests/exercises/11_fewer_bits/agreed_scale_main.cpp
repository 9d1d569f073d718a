// level: stretch
// points: 5
// ranks: 2 3 1
// hint: Rank 0 has a NaN, rank 1 has none. What must rank 1 know before it divides its first number, and from whom can it hear that?
#include "common/mpi/session.h"
#include "tests/exercises/task.h"

float agreed_scale(float* shard, int n, float scale, int* good, int patience, MPI_Comm comm);

// Several steps, each with the scale and the good steps that the one before left.
int main(int argc, char** argv) {
  MpiSession mpi(argc, argv);
  Task task(argc, argv, mpi.rank());
  const int steps = task.number(), patience = task.number();
  float scale = task.real();
  int good = 0;
  for (int step = 0; step < steps; ++step) {
    std::vector<float> mine;
    for (int rank = 0; rank < mpi.size(); ++rank) {
      const std::vector<float> shard = task.values(size_t(task.number()));
      if (rank == mpi.rank()) mine = shard;
    }
    Output shard(mine);
    scale = agreed_scale(shard, int(mine.size()), scale, &good, patience, MPI_COMM_WORLD);
    task.answer(double(scale));
    task.answer(double(good));
    task.answer(shard);
  }
}
