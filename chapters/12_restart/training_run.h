// A training run that may have been interrupted: where it begins, when it is saved, when and how it stops.
//
//   The training goes on while a checkpoint is written. Where the next one is due and the disk is still busy, it waits for the disk,
//   --disk-patience seconds at most; then the new one is passed over.
//   A checkpoint that cannot be written (a full disk) does not end the run: one line says so, the older one stays good, and the
//   next one is tried when its time comes. But a run whose last checkpoint failed ends with status 1.
//   What is saved has been compared: if the data ranks of a place hold other weights than each other, a bit has changed where it should
//   not, and all ranks throw Error, which names them.  Whoever starts again goes on from a checkpoint whose comparison agreed.
#pragma once

#include <optional>

#include "chapters/10_hybrid/hybrid_model.h"
#include "chapters/12_restart/restart_options.h"

class TrainingRun {
 public:
  // Fills the model: from the checkpoint that the options found, or with initial weights.  Collective over the model's grid,
  // as all that follows.  Keeps references to its arguments.
  TrainingRun(const RestartOptions& options, HybridModel& model, const Dataset& train);

  size_t steps() const { return steps_; }  // that were taken, by earlier programs, too
  int first_epoch() const { return int(steps_ / batches_.size()); }
  // The batches of this epoch that were not trained on before the interruption.
  std::vector<Range> batches_left(int epoch) const;

  // After each step; saves when it is time to, and looks how far an earlier checkpoint is.
  void step();
  // After each epoch.
  void epoch();
  // In the end, whose checkpoint is waited for; returns the program's exit status.
  int end();
  // Because of a signal; saves, and returns the exit status: 75, "try again" (EX_TEMPFAIL of sysexits.h), so that a job
  // script can tell it from a failure and put itself into the queue again.
  int stop(int signal);

 private:
  void save(double patience);
  void save_and_wait();
  void saved(const std::string& problem);  // or not
  void require_equal_copies() const;
  void restore_scale();     // of a run that is continued
  CheckpointHeader header() const;
  int64_t skipped() const { return skipped_ + (scale_ ? scale_->skipped() : 0); }
  void tell_where() const;  // a run that is continued
  void say(const std::string& line) const;

  const RestartOptions& options_;
  HybridModel& model_;
  std::vector<Range> batches_;
  std::optional<LossScale> scale_;
  int64_t skipped_ = 0;  // steps that earlier programs did not take, for gradients that were not finite
  std::optional<CheckpointFolder> folder_;
  size_t steps_ = 0;
  std::optional<size_t> saved_;  // the step of the newest checkpoint
  size_t on_its_way_ = 0;        // the step of the one that is being written, or was last
  double begun_ = 0, snapshot_seconds_ = 0, disk_seconds_ = 0;  // of those that were written
  double snapshot_ = 0;
  int saves_ = 0;
};
