// A training curve that is right on 2 and 4 ranks, and not on 3: find the silent bug.
//
// Task 06_odd_curve: core, 4 points. Try it: make ex-06_odd_curve
#include <vector>

#include "common/mpi/session.h"
#include "common/split.h"

// Fits y ≈ x · w by gradient descent.  x (samples, features) and y (samples) are on every rank, and so is w (features).
// A step takes the next `batch` samples in their order (the last batch of an epoch may be smaller), each rank its share,
// and no rank reads the rows of another:
//
//   w -= rate · mean over the batch's rows of (x · w - y) x
//
// curve (epochs): the mean over all samples of the epoch of ½ (x · w - y)², each with the w before its batch's step.
//
// w and curve, on every rank, are those of one process, but for the rounding of another order of sums. The program as it
// stands here makes no error that MPI or the compiler would see. On 40 samples, in batches of 8, it printed this:
//
//   epoch    1 rank    2 ranks    3 ranks    4 ranks
//       1   1.401899   1.401899   1.441261   1.401899
//       2   0.885743   0.885743   0.971086   0.885743
//       3   0.703398   0.703398   0.798913   0.703398
//       4   0.639528   0.639528   0.736725   0.639528
//       5   0.617493   0.617493   0.714799   0.617493
//       6   0.610099   0.610099   0.707409   0.610099
void train(float* w, float* curve, const float* x, const float* y, int samples, int features, int batch, int epochs,
           float rate, MPI_Comm comm) {
  int rank = 0, ranks = 1;
  MPI_CHECK(MPI_Comm_rank(comm, &rank));
  MPI_CHECK(MPI_Comm_size(comm, &ranks));
  for (int epoch = 0; epoch < epochs; ++epoch) {
    curve[epoch] = 0;
    for (const Range whole : batches(size_t(samples), size_t(batch))) {
      // --- YOUR CODE (12 lines in ours)
      // What is different with 3 ranks? Write down, for one batch of 8, by what the error of each row is divided in all.
      const Range mine = share(whole, size_t(ranks), size_t(rank));
      std::vector<float> sums(size_t(features) + 1);  // the gradient, and behind it the loss
      for (size_t row = mine.first; row < mine.last; ++row) {
        const float* features_of_row = x + row * size_t(features);
        float error = -y[row];
        for (int f = 0; f < features; ++f) error += features_of_row[f] * w[f];
        for (int f = 0; f < features; ++f) sums[size_t(f)] += error * features_of_row[f] / float(mine.size());
        sums.back() += 0.5f * error * error / float(mine.size());
      }
      MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, sums.data(), features + 1, MPI_FLOAT, MPI_SUM, comm));
      for (float& sum : sums) sum /= float(ranks);
      for (int f = 0; f < features; ++f) w[f] -= rate * sums[size_t(f)];
      curve[epoch] += sums.back() * float(whole.size()) / float(samples);
      // --- END OF YOUR CODE
    }
  }
}
// As generated: 666539409-2839
