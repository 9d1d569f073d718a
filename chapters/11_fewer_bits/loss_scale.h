// Loss scaling: the loss is multiplied by a power of two, so every gradient of backward is, too, and lies where the format has
// numbers. Before the optimizer the gradients of the weights, which are floats, are divided by it: exactly.
// Micikevicius et al., "Mixed precision training", ICLR 2018, section 3.2.
#pragma once

#include "chapters/01_serial/mlp.h"
#include "chapters/10_hybrid/gradient_scale.h"
#include "common/options.h"

struct LossScaleOptions {
  double initial = 1;       // a power of two
  bool dynamic = false;     // halved where a gradient is not finite, doubled after good_steps steps without that
  int64_t good_steps = 500;

  void declare(Options& options);
};

class LossScale : public GradientScale {
 public:
  // Throws Error if the scale is not a power of two.
  explicit LossScale(const LossScaleOptions& options);

  // Between SoftmaxHead::backward and Mlp::backward: scales the gradient of the loss.
  void scale(Mlp& mlp, int slot = 0) const override;

  // After the exchange: divides gradients (n) by the scale and returns true; or, if one of them is not finite, returns false: then
  // the step is to be skipped. The sum over ranks is not finite where a part of it is not, and all ranks have the same sum: so
  // all ranks skip the same steps, and have the same scale.
  bool unscale(Device& device, float* gradients, size_t n);

  // The next scale, after a step whose gradients were finite on all ranks, or not on some.  Throws Error if it falls without end: then
  // gradients are not finite at any scale.
  void adapt(bool finite) override;

  double value() const override { return scale_; }
  int64_t good() const { return good_; }
  // Goes on with what an earlier run ended with.
  void restore(double scale, int64_t good) { scale_ = scale, good_ = good; }
  int64_t steps() const { return steps_; }
  int64_t skipped() const { return skipped_; }

 private:
  LossScaleOptions options_;
  double scale_;
  int64_t steps_ = 0, skipped_ = 0, good_ = 0;  // good_: steps since the scale was doubled or one was skipped
};
