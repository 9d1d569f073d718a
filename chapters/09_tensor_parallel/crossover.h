// When is it cheaper to cut the layers than the batch? Both cut the products into equal parts. What differs:
//
//                      exchanged in a step                     updated by each rank        done by each rank in full
//   data parallel      all parameters, once                    all parameters              weights read, their gradients written
//   tensor parallel    rows x width, for each pair of layers   1 / ranks of them           passes over the batch and over
//                      once forward, once backward                                         activations behind layers cut by rows
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
  double access = 0;  // seconds to read or write a number of an activation, while all ranks do so

  // Seconds in the allreduces of one step.
  double data_exchange() const;
  double tensor_exchange(int rows) const;
  // Seconds in which a rank reads and writes what tensor parallelism leaves whole. The output of a layer cut by rows 9 times: bias and
  // ReLU read and write it; ReLU's backward reads it, reads and writes its gradient; two products read it, two its gradient. The
  // batch 3 times: written once, read by two products.
  double whole(int rows) const;
};

// What is measured of the serial step, in seconds. Its products take `fixed` and `per_row` for each row: reading weights and writing
// their gradients takes as long for few rows as for many.
struct SerialStep {
  double per_row = 0, fixed = 0, update = 0;
};
// fixed and per_row by the straight line through two measurements; fixed is never negative.
SerialStep serial_step(int rows, double products, int more_rows, double their_products, double update);

// Seconds of a whole step.
double data_step(const CrossoverModel& model, const SerialStep& serial, int rows);
double tensor_step(const CrossoverModel& model, const SerialStep& serial, int rows);

// The largest number of rows, up to `most`, up to which tensor parallelism is predicted to be cheaper: by its exchange alone, or by its
// step. 0: never.
int exchange_crossover(const CrossoverModel& model, int most = 1 << 16);
int step_crossover(const CrossoverModel& model, const SerialStep& serial, int most = 1 << 16);
// The fewest rows for which its step is less than `share` of the other one's below it: from there on a forecast of the order means little.
int close_from(const CrossoverModel& model, const SerialStep& serial, double share, int most = 1 << 16);

// Where measured values cross 1 between two neighbours, the straight line through their logarithms. rows ascending,
// ratios (as many) = tensor / data.  Returns 0 if the first ratio is above 1, and infinity if none is.
double measured_crossover(const std::vector<int>& rows, const std::vector<double>& ratios);
