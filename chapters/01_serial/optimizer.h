// From gradients to new parameters: SGD, momentum or Adam on a range of the flat vectors.
#pragma once

#include <string>

#include "chapters/01_serial/device.h"

struct OptimizerOptions {
  std::string name = "sgd";  // "sgd", "momentum" or "adam"
  double learning_rate = 0.1;
  double momentum = 0.9;
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
  double clip_norm = 0;  // for chapter 06, skip it now: the longest that a gradient may be, see gradient_norm.h; 0: any length
};

enum class UpdateRule { sgd, momentum, adam };
// Throws Error if the name is none of these.
UpdateRule update_rule(const OptimizerOptions& options);

// Vectors as long as the parameters that the rule keeps: none, v, or m and v.
int state_vectors(const OptimizerOptions& options);

class Optimizer {
 public:
  // For n parameters, with their state (none, v, or m and v), which starts at zero.
  Optimizer(Device& device, const OptimizerOptions& options, size_t n);

  // One step on parameters w (n) with gradients g (n).  scale multiplies the learning rate (a warm-up).
  void step(float* w, const float* g, double scale = 1);

  // The state, for checkpoints: state_vectors() arrays of n.
  int state_vectors() const { return ::state_vectors(options_); }
  float* state(int i) const { return state_[i]; }
  int steps() const { return steps_; }
  void set_steps(int steps) { steps_ = steps; }

 private:
  Device& device_;
  OptimizerOptions options_;
  UpdateRule rule_;
  size_t n_;
  int steps_ = 0;
  Buffer<> state_[2];
};
