// level: core
// points: 4
// ranks: 2 3 1
// hint: On 3 ranks a batch of 8 gives them 2, 3 and 3 rows. How much does a row of rank 0 count, and how much one of rank 1?
#include "common/mpi/session.h"
#include "tests/exercises/task.h"

void train(float* w, float* curve, const float* x, const float* y, int samples, int features, int batch, int epochs,
           float rate, MPI_Comm comm);

int main(int argc, char** argv) {
  MpiSession mpi(argc, argv);
  Task task(argc, argv, mpi.rank());
  const int samples = task.number(), features = task.number(), batch = task.number(), epochs = task.number();
  const float rate = task.real();
  const std::vector<float> x = task.values(size_t(samples) * size_t(features)), y = task.values(size_t(samples));
  Output w(std::vector<float>(static_cast<size_t>(features)));
  Output curve(epochs);
  train(w, curve, x.data(), y.data(), samples, features, batch, epochs, rate, MPI_COMM_WORLD);
  task.answer(w);
  task.answer(curve);
}
