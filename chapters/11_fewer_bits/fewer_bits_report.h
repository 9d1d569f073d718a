// What a run in fewer bits tells beside chapter 06's report: its precision, its loss scale, what was lost, and memory.
#pragma once

#include "chapters/06_data_parallel/data_parallel_report.h"
#include "chapters/11_fewer_bits/fewer_bits_options.h"
#include "chapters/11_fewer_bits/stored_weights.h"

class FewerBitsReport : public DataParallelReport {
 public:
  FewerBitsReport(const FewerBitsOptions& options, const Dataset& train, const Exchange& exchange);
  // As in chapter 06.
  int end(std::span<const float> weights, const LossScale& scale, const StoredWeights& stored, const Device& device);

 private:
  const FewerBitsOptions& options_;
  bool speaks_;
};
