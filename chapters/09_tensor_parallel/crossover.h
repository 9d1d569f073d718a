// When is it cheaper to cut the layers than the batch? Both cut the products into equal parts. What differs:
//
//                      exchanged in a step                        updated by each rank
//   data parallel      all parameters, once                       all parameters
//   tensor parallel    rows x width, for each pair of layers      1 / ranks of the parameters
//                      once forward, once backward
//
// The formulas here put chapter 05's cost of an allreduce into that.
#pragma once

#include <vector>

#include "chapters/05_collectives/cost.h"

// A network that is trained by `ranks` ranks on a machine, with batches of one micro-batch, allreduce rank-order.
struct CrossoverModel {
  std::vector<int> sizes;
  int ranks = 2;
  Machine machine;

  // Seconds in the allreduces of one step.
  double data_exchange() const;
  double tensor_exchange(int rows) const;
};

// Seconds of a whole step, given what is measured of the serial one: its products (whose time is divided by the
// ranks) and its update of all parameters.
double data_step(const CrossoverModel& model, double products, double update);
double tensor_step(const CrossoverModel& model, int rows, double products, double update);

// The largest number of rows, up to `most`, up to which tensor parallelism is predicted to be cheaper: by its
// exchange alone (update = 0), or by its step, which saves (1 - 1 / ranks) of the update. 0: never.
int predicted_crossover(const CrossoverModel& model, double update, int most = 1 << 16);

// Where measured values cross 1 between two neighbours, the straight line through their logarithms. rows ascending,
// ratios (as many) = tensor / data.  Returns 0 if the first ratio is above 1, and infinity if none is.
double measured_crossover(const std::vector<int>& rows, const std::vector<double>& ratios);
