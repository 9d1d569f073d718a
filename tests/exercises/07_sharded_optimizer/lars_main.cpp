// level: stretch
// points: 6
// ranks: 3 1 2 5
// hint: A layer of which two ranks have (3, 0) and (0, 4): what is its norm, and what has to travel for it? How many numbers do all ranks send, those without any part of a layer too? Where in the shard does a layer begin that began on the rank before?
#include "common/mpi/session.h"
#include "common/split.h"
#include "tests/exercises/traffic.h"

void lars_step(float* w, float* v, const float* g, Range shard, const std::vector<Range>& layers, float rate,
               float momentum, float decay, MPI_Comm comm);

namespace {

// Ranges that follow each other, by their sizes.
std::vector<Range> ranges(Task& task) {
  std::vector<Range> all;
  for (int number = task.number(); number > 0; --number) {
    const size_t first = all.empty() ? 0 : all.back().last;
    all.push_back({first, first + size_t(task.number())});
  }
  return all;
}

}  // namespace

// Several steps of several models, one after another, in one launch.
int main(int argc, char** argv) {
  MpiSession mpi(argc, argv);
  Task task(argc, argv, mpi.rank());
  // Who calls fewer collectives than the others waits here for them, and does not take their calls for those of its next step.
  MPI_Comm between = MPI_COMM_NULL;
  MPI_CHECK(MPI_Comm_dup(MPI_COMM_WORLD, &between));
  for (int cases = task.number(); cases > 0; --cases) {
    const float rate = task.real(), momentum = task.real(), decay = task.real();
    const std::vector<Range> layers = ranges(task), shards = ranges(task);
    const Range shard = shards[size_t(mpi.rank())];
    const auto mine = [&] {
      const std::vector<float> all = task.values(layers.back().last);
      return std::vector<float>(all.begin() + long(shard.first), all.begin() + long(shard.last));
    };
    Output w(mine()), v(mine());
    const Input g(mine());
    Traffic traffic;
    lars_step(w, v, g.data(), shard, layers, rate, momentum, decay, MPI_COMM_WORLD);
    traffic.stop();
    MPI_CHECK(MPI_Barrier(between));
    task.answer(w);
    task.answer(v);
    traffic.answer(task);
  }
  MPI_CHECK(MPI_Comm_free(&between));
}
