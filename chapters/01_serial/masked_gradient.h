// For chapter 03, skip it now: what a Device may be beside a Device.
#pragma once

// A device that goes back through a layer and through the ReLU before it in one operation.
class MaskedGradient {
 public:
  virtual ~MaskedGradient() = default;
  virtual bool masks_gradients() const = 0;  // the same in all layers of a pass
  // dx (rows, in) = x (rows, in) > 0 ? dy (rows, out) · wᵀ (out, in) : 0: with the bits of linear_backward_input and relu_backward.
  virtual void linear_backward_input_masked(float* dx, const float* dy, const float* w, const float* x, int rows, int in, int out) = 0;
};
