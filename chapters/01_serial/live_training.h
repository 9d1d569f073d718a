// Training for the live figure: some steps at a time, and what can be seen of a network between them.
#pragma once

#include <string>
#include <vector>

#include "chapters/01_serial/cpu_device.h"
#include "chapters/01_serial/serial_training.h"

class LiveTraining {
 public:
  // SGD with seed 1 on the first images of `all`; the last 500 are only looked at. hidden: "512-256", the hidden layers' widths.
  LiveTraining(const Dataset& all, const std::string& hidden, double learning_rate, size_t batch);

  // At most ten more of the steps that chapter 01's program makes, and no step beyond `steps` in all.
  void train(size_t steps);

  const std::vector<double>& losses() const { return losses_; }  // by step: of the batch
  const Dataset& test() const { return test_; }
  size_t parameters() { return training_.layout().count; }
  double share_correct();                                               // of test()
  std::vector<double> probabilities(const std::vector<uint8_t>& image);  // of the ten digits

  // What training has added to the weights of the first ten units, each where its pixel is: digits from 0 to 8; 4 is nothing, 0 and 8 the
  // unit's largest change, negative or positive.
  std::vector<std::string> unit_pictures() const;

 private:
  size_t batch_;
  Dataset train_, test_;
  CpuDevice device_;
  SerialTraining training_;
  std::vector<float> initial_;  // weights
  std::vector<double> losses_;
};
