// An activation that lets a little of the negative side through.
//
// Task 01_leaky_relu: warm-up, 2 points. Try it: make ex-01_leaky_relu
#include <cstddef>

// y (n) = x where x > 0, slope * x elsewhere.  0 < slope < 1.  y may be x itself.
void leaky_relu(float* y, const float* x, float slope, size_t n) {
  // --- YOUR CODE (1 line in ours)
  // --- END OF YOUR CODE
}

// dx (n) = gradient of the loss by x, from dy (n), the gradient by y, and from y (n), the result of leaky_relu: x is no longer
// there. Where x was 0, the derivative is slope.  dx may be dy itself.
void leaky_relu_backward(float* dx, const float* dy, const float* y, float slope, size_t n) {
  // --- YOUR CODE (1 line in ours)
  // What does the sign of y tell about the sign of x?
  // --- END OF YOUR CODE
}
// As generated: 980791825-789
