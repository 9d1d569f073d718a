// For chapter 11, skip it now: gradients that are larger by a factor, and steps that no rank takes.
#pragma once

#include "chapters/01_serial/mlp.h"

class GradientScale {
 public:
  virtual ~GradientScale() = default;
  virtual double value() const = 0;                  // the factor, a power of two
  virtual void scale(Mlp& mlp, int slot) const = 0;  // multiplies what the head has left
  virtual void adapt(bool finite) = 0;               // behind each step: all ranks took it, or none
};

// Whether all n numbers are finite.  Waits for the device.
bool all_finite(Device& device, float* p, size_t n);
