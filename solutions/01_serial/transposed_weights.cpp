// The gradient of weights that are stored transposed.
#include <algorithm>
#include <cstddef>

// A layer y (rows, out) = x (rows, in) · wᵀ whose weights w (out, in) have a row for each output: the layout of many
// frameworks. Chapter 01 stores w (in, out) instead.
//
// dw (out, in) = gradient of the loss by w, for x (rows, in) and dy (rows, out), the gradient by y.
// What dw held before is overwritten. All matrices are row-major.
void weight_gradient(float* dw, const float* x, const float* dy, int rows, int in, int out) {
  // BEGIN SOLUTION
  std::fill_n(dw, size_t(out) * size_t(in), 0.0f);
  for (int r = 0; r < rows; ++r)
    for (int o = 0; o < out; ++o)
      for (int i = 0; i < in; ++i) dw[o * in + i] += dy[r * out + o] * x[r * in + i];
  // TODO
  // Every row of the batch adds to every element of dw. Which order of the three loops reads x and dw along their rows?
  // STUB
  // std::fill_n(dw, size_t(out) * size_t(in), 0.0f);
  // END SOLUTION
}
