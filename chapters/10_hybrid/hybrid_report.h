// What a run on a grid tells beside chapter 01's report: where the time went, what the memory is for, how far it is from the
// serial run.
#pragma once

#include "chapters/01_serial/train_report.h"
#include "chapters/10_hybrid/hybrid_model.h"
#include "chapters/10_hybrid/hybrid_options.h"

class HybridReport : public TrainReport {
 public:
  // Collective over the model's grid, as all of this; rank 0 speaks.  steps_before: see TrainReport.  Keeps references.
  HybridReport(const HybridOptions& options, const Dataset& train, HybridModel& model, size_t steps_before = 0);

  // As TrainReport's; evaluation does not count as training, nor does its waiting.
  void step(double loss, size_t batch_rows);
  void epoch(int epoch, size_t correct, size_t samples);

  // After training. Returns the exit status: 1 if the weights are further from those of the serial run than the order of
  // sums explains (with --compare-with-serial only).
  int end();

 private:
  void tell_ways() const;
  void tell_time() const;
  void tell_memory() const;
  int compare_with_serial(std::span<const float> weights) const;

  const HybridOptions& options_;
  const Dataset& train_;
  HybridModel& model_;
  size_t steps_before_;
  HybridModel::Time after_step_, outside_;
};
