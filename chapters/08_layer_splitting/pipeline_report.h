// What a run over stages tells beside chapter 01's report: who has which layers, how long the stages were idle, and how far
// the result is from the serial run.
#pragma once

#include "chapters/01_serial/train_report.h"
#include "chapters/08_layer_splitting/pipeline.h"
#include "chapters/08_layer_splitting/pipeline_options.h"

class PipelineReport : public TrainReport {
 public:
  // Collective over the stages, as all of this; rank 0 speaks.  Keeps references to its arguments.
  PipelineReport(const PipelineOptions& options, const Dataset& train, const Pipeline& pipeline);

  // After training, with this stage's weights. Returns the program's exit status: 1 if the weights are not those of the
  // serial run, bit for bit (with --compare-with-serial only).
  int end(const std::vector<float>& weights);

 private:
  void tell_plan() const;
  void tell_time() const;
  void tell_memory() const;

  const PipelineOptions& options_;
  const Dataset& train_;
  const Pipeline& pipeline_;
};
