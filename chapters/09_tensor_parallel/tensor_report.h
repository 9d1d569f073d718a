// What a tensor-parallel run tells beside chapter 01's report: how the layers are cut, where the time went, and how
// far it is from the serial run.
#pragma once

#include "chapters/01_serial/train_report.h"
#include "chapters/09_tensor_parallel/tensor_options.h"
#include "chapters/09_tensor_parallel/tensor_parallel.h"

class TensorReport : public TrainReport {
 public:
  // Collective over the ranks of tensor, as all of this; rank 0 speaks.  Keeps references to its arguments.
  TensorReport(const TensorOptions& options, const Dataset& train, const TensorParallel& tensor);

  // As TrainReport's. Evaluation sums, too, and does not count as training: its time is taken apart here.
  void step(double loss, size_t batch_rows);
  void epoch(int epoch, size_t correct, size_t samples);

  // After training, with this rank's slices of the final weights. Returns the program's exit status: 1 if the weights
  // are further from those of the serial run than the order of sums explains (with --compare-with-serial only).
  // Throws Error if parameters that all ranks hold differ.
  int end(std::span<const float> slices);

 private:
  void tell_time() const;
  void tell_memory() const;
  int compare_with_serial(std::span<const float> weights) const;

  const TensorOptions& options_;
  const Dataset& train_;
  const TensorParallel& tensor_;
  size_t steps_ = 0;
  ExchangeTime after_step_, evaluating_;
};
