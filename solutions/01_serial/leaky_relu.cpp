// An activation that lets a little of the negative side through.
#include <cstddef>

// y (n) = x where x > 0, slope * x elsewhere.  0 < slope < 1.  y may be x itself.
void leaky_relu(float* y, const float* x, float slope, size_t n) {
  // BEGIN SOLUTION
  for (size_t i = 0; i < n; ++i) y[i] = x[i] > 0 ? x[i] : slope * x[i];
  // TODO
  // STUB
  // END SOLUTION
}

// dx (n) = gradient of the loss by x, from dy (n), the gradient by y, and from y (n), the result of leaky_relu: x is no longer
// there. Where x was 0, the derivative is slope.  dx may be dy itself.
void leaky_relu_backward(float* dx, const float* dy, const float* y, float slope, size_t n) {
  // BEGIN SOLUTION
  for (size_t i = 0; i < n; ++i) dx[i] = y[i] > 0 ? dy[i] : slope * dy[i];
  // TODO
  // What does the sign of y tell about the sign of x?
  // STUB
  // END SOLUTION
}
