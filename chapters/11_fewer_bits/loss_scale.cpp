#include "chapters/11_fewer_bits/loss_scale.h"

#include <cmath>

#include "common/error.h"

void LossScaleOptions::declare(Options& options) {
  options.add("loss-scale", &initial, "multiply the loss by X, a power of two", between(1e-18, 1e18));
  options.add("dynamic", &dynamic, "halve the loss scale where gradients overflow, double it after --good-steps");
  options.add("good-steps", &good_steps, "steps without overflow after which it doubles", at_least(1));
}

LossScale::LossScale(const LossScaleOptions& options) : options_(options), scale_(options.initial) {
  int exponent = 0;
  if (std::frexp(scale_, &exponent) != 0.5) throw Error("--loss-scale: must be a power of two, or it would round the gradients");
}

void LossScale::scale(Mlp& mlp, int slot) const {
  if (scale_ == 1) return;
  mlp.device().scale(mlp.output_gradient(slot), float(scale_), size_t(mlp.rows(slot)) * size_t(mlp.layout().out()));
}

bool LossScale::unscale(Device& device, float* gradients, size_t n) {
  const bool finite = all_finite(device, gradients, n);
  if (finite && scale_ != 1) device.scale(gradients, float(1 / scale_), n);
  adapt(finite);
  return finite;
}

void LossScale::adapt(bool finite) {
  ++steps_;
  if (!finite) ++skipped_;
  if (!options_.dynamic) return;
  good_ = finite ? good_ + 1 : 0;
  if (!finite) scale_ /= 2;
  if (good_ == options_.good_steps) {
    scale_ *= 2;
    good_ = 0;
  }
  if (scale_ < 0x1p-60)
    throw Error("step " + std::to_string(steps_) + ": gradients are not finite at any loss scale: try a smaller --learning-rate");
}
