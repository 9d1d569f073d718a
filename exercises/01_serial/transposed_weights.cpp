// The gradient of weights that are stored transposed.
//
// Task 01_transposed_weights: warm-up, 2 points. Try it: make ex-01_transposed_weights
#include <algorithm>
#include <cstddef>

// A layer y (rows, out) = x (rows, in) · wᵀ whose weights w (out, in) have a row for each output: the layout of many
// frameworks. Chapter 01 stores w (in, out) instead.
//
// dw (out, in) = gradient of the loss by w, for x (rows, in) and dy (rows, out), the gradient by y.
// What dw held before is overwritten. All matrices are row-major.
void weight_gradient(float* dw, const float* x, const float* dy, int rows, int in, int out) {
  // --- YOUR CODE (4 lines in ours)
  // Every row of the batch adds to every element of dw. Which order of the three loops reads x and dw along their rows?
  std::fill_n(dw, size_t(out) * size_t(in), 0.0f);
  // --- END OF YOUR CODE
}
// As generated: 2955231036-864
