// What a training run tells: a progress line, the loss and accuracy of each epoch, the CSV record.
#pragma once

#include <span>

#include "chapters/01_serial/run_record.h"
#include "chapters/01_serial/train_options.h"
#include "common/error.h"
#include "common/progress.h"
#include "common/timer.h"

class TrainReport {
 public:
  // quiet: say nothing and write no record (ranks other than 0, later).  steps_before: of this run, taken by a program that
  // was interrupted.
  TrainReport(const TrainOptions& options, const Dataset& train, bool quiet = false, size_t steps_before = 0);

  // After each optimizer step, with the batch's mean loss.  Throws Error if the loss is not finite.
  void step(double loss, size_t batch_rows);
  // After each epoch's evaluation.
  void epoch(int epoch, size_t correct, size_t samples);
  // After training: time, rate, hash of the weights.
  void end(std::span<const float> weights);

  double train_seconds() const { return train_seconds_; }

 private:
  bool quiet_;
  RunRecord record_;
  Progress progress_;
  size_t steps_before_, steps_, samples_ = 0;
  double epoch_loss_ = 0;  // sum over the epoch's samples
  size_t epoch_samples_ = 0;
  double train_seconds_ = 0;  // without evaluation
  Timer timer_;
};
