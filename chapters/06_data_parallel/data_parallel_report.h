// What a data-parallel run tells beside chapter 01's report: where the time went, and how far it is from the serial run.
#pragma once

#include "chapters/01_serial/train_report.h"
#include "chapters/06_data_parallel/exchange.h"

class DataParallelReport : public TrainReport {
 public:
  // Collective over the ranks of the exchange, as all of this; rank 0 speaks.  Keeps references to its arguments.
  DataParallelReport(const DataParallelOptions& options, const Dataset& train, const Exchange& exchange);

  // After training, with the final weights. Returns the program's exit status: 1 if the weights are further from those
  // of the serial run than the order of sums explains (with --compare-with-serial only).
  // Throws Error if the replicas differ.
  int end(std::span<const float> weights);

 private:
  void tell_time() const;
  int compare_with_serial(std::span<const float> weights) const;

  const DataParallelOptions& options_;
  const Dataset& train_;
  const Exchange& exchange_;
  int rank_, ranks_;
};
