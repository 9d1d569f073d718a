// level: core
// points: 4
// ranks: 2 3 1
// hint: On 3 ranks a batch of 8 gives them 2, 3 and 3 rows. How much does a row of rank 0 count, and how much one of rank 1?
#include "common/mpi/session.h"
#include "common/split.h"
#include "tests/exercises/task.h"

void train(float* w, float* curve, const float* x, const float* y, int samples, int features, int batch, int epochs,
           float rate, MPI_Comm comm);

int main(int argc, char** argv) {
  MpiSession mpi(argc, argv);
  Task task(argc, argv, mpi.rank());
  const int samples = task.number(), features = task.number(), batch = task.number(), epochs = task.number();
  const float rate = task.real();
  std::vector<float> x_here = task.values(size_t(samples) * size_t(features)), y_here = task.values(size_t(samples));
  // A row that is not in this rank's share of its batch is none of its business.
  for (const Range whole : batches(size_t(samples), size_t(batch))) {
    const Range mine = share(whole, size_t(mpi.size()), size_t(mpi.rank()));
    for (size_t row = whole.first; row < whole.last; ++row) {
      if (row >= mine.first && row < mine.last) continue;
      y_here[row] = NAN;
      std::fill_n(x_here.begin() + long(row) * features, features, NAN);
    }
  }
  const Input x(x_here), y(y_here);
  Output w(std::vector<float>(static_cast<size_t>(features)));
  Output curve(epochs);
  train(w, curve, x.data(), y.data(), samples, features, batch, epochs, rate, MPI_COMM_WORLD);
  task.answer(w);
  task.answer(curve);
}
