// A trial: one choice of parameters, trained for some epochs and judged.
#pragma once

#include <cstdint>
#include <vector>

#include "chapters/10_hybrid/grid.h"
#include "common/dataset.h"

class Device;

// What may be chosen. Plain data: it travels between processes as bytes (so all of them run the same binary).
struct Trial {
  int32_t number = 0;
  int32_t width = 0;  // of the first hidden layer; the second one has half of it
  int32_t batch = 0;
  int32_t seed = 0;
  double learning_rate = 0;
};

// Trial `number` of the search with this seed: a pure function of both. The learning rate is spread evenly over its
// logarithm, from 0.01 to 3; width is 32 to 256 and batch 16 to 256, powers of two; the seed is one of 1000.
// Random choices find good values with fewer trials than a grid: Bergstra, Bengio, "Random search for hyper-parameter
// optimization", JMLR 13, 2012.
Trial random_trial(uint64_t search_seed, int number);
constexpr size_t largest_batch = 256;

// Epochs [first_epoch, last_epoch) of a trial.
struct Stretch {
  Trial trial;
  int32_t rung = 0;  // of successive halving (halving.h)
  int32_t first_epoch = 0, last_epoch = 0;
  int32_t last_look = 0;  // 1: judged on the test set
};

struct Outcome {
  int32_t trial = 0, rung = 0, epochs = 0;
  int32_t failed = 0;   // 1: the loss was not finite, or the worker met an error
  double accuracy = 0;  // on the validation samples, 0 to 1; NaN if it failed
  double loss = 0;      // mean over the last epoch trained
  double seconds = 0;   // training and validation
};

// Trains the stretch with SGD on the ranks of a grid, beginning with `weights`, or with the trial's own initial weights if
// first_epoch is 0, and leaves the result in `weights` (on every rank).  Collective over the grid.
//   Two stretches give the same bits as one, and with one tensor rank every grid gives those of chapter 01 with the same
// micro-batches: what a trial is worth does not depend on who runs it.
//   A loss that is not finite ends it at once: that is an Outcome, not an error.  Throws Error, on every rank, where the network
// cannot be cut so, or the memory of
// one of them does not do.
Outcome run_stretch(const Stretch& stretch, std::vector<float>& weights, const Dataset& train, const Dataset& validation,
                    Device& device, const Grid& grid, int micro_batches = 1);

// The samples [range.first, range.last) of data as a data set of their own.
Dataset part_of(const Dataset& data, Range range);
