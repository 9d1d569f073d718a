// Messages every few steps only: each rank trains alone, then the weights are averaged.
#include <vector>

#include "common/mpi/session.h"

// One step of gradient descent that fits y ≈ x · w, with the rows of this rank alone:
//
//   w -= rate · mean over the rows of (x · w - y) x
static void step_alone(float* w, const float* x, const float* y, int rows, int features, float rate) {
  std::vector<float> gradient(static_cast<size_t>(features));
  for (int row = 0; row < rows; ++row, x += features) {
    float error = -y[row];
    for (int f = 0; f < features; ++f) error += x[f] * w[f];
    for (int f = 0; f < features; ++f) gradient[size_t(f)] += error * x[f] / float(rows);
  }
  for (int f = 0; f < features; ++f) w[f] -= rate * gradient[size_t(f)];
}

// x (rows, features) and y (rows) are those of this rank. Each rank has other rows, and another number of them, at least 1.
// w (features) has the same numbers on all ranks at first.
//
// Each rank takes `steps` steps alone, as step_alone does. After steps every, 2 · every, 3 · every, ... and after the last step w becomes
// the mean of the w of all ranks, on every rank. In this mean a rank counts as much as it has rows: one with 20 counts twice as much as one
// with 10. So with every = 1 these are the steps of one process that has all rows, but for rounding.
//
// A mean is one collective call, and before the first step there may be one more. Nothing else is sent. steps and every are at least 1.
// Source: S. Stich, "Local SGD converges fast and communicates little", ICLR 2019.
void local_steps(float* w, const float* x, const float* y, int rows, int features, int steps, int every, float rate, MPI_Comm comm) {
  // BEGIN SOLUTION
  float all_rows = float(rows);
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &all_rows, 1, MPI_FLOAT, MPI_SUM, comm));
  for (int step = 1; step <= steps; ++step) {
    step_alone(w, x, y, rows, features, rate);
    if (step % every != 0 && step != steps) continue;
    for (int f = 0; f < features; ++f) w[f] *= float(rows) / all_rows;
    MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, w, features, MPI_FLOAT, MPI_SUM, comm));
  }
  // TODO
  // Here each rank ends with a w of its own. By what does each multiply its w, so that the sum over all ranks is the mean?
  // STUB
  // for (int step = 1; step <= steps; ++step) step_alone(w, x, y, rows, features, rate);
  // END SOLUTION
}
