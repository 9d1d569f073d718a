// level: core
// points: 4
// ranks: 2 3 1
// forbids: MPI_Allreduce MPI_Iallreduce MPI_Allgather MPI_Iallgather MPI_Allgatherv MPI_Iallgatherv
// hint: MPI_Reduce_scatter counts floats, not rows. And relu(a) + relu(b): when is that relu(a + b)?
#include "common/mpi/session.h"
#include "common/split.h"
#include "tests/exercises/task.h"

void row_parallel(float* y, const float* x, const float* w, const float* b, int rows, int in, int out, MPI_Comm comm);

int main(int argc, char** argv) {
  MpiSession mpi(argc, argv);
  Task task(argc, argv, mpi.rank());
  const int rows = task.number(), in = task.number(), out = task.number();
  const std::vector<float> x = task.values(size_t(rows) * size_t(in)), w = task.values(size_t(in) * size_t(out));
  const auto b = task.input(size_t(out));
  const Range inputs = share(size_t(in), size_t(mpi.size()), size_t(mpi.rank()));
  std::vector<float> x_here;
  for (size_t r = 0; r < size_t(rows); ++r)
    for (size_t i = inputs.first; i < inputs.last; ++i) x_here.push_back(x[r * size_t(in) + i]);
  const Input x_given(x_here), w_here(std::vector<float>(w.begin() + long(inputs.first) * out, w.begin() + long(inputs.last) * out));
  Output y(share(size_t(rows), size_t(mpi.size()), size_t(mpi.rank())).size() * size_t(out));
  row_parallel(y, x_given.data(), w_here.data(), b.data(), rows, in, out, MPI_COMM_WORLD);
  task.answer(y);
}
