// L2 weight decay: a penalty on large weights, and what it adds to the gradient.
//
// Task 01_weight_decay: core, 3 points. Try it: make ex-01_weight_decay
#include <cstddef>

// The parameters of a network lie in one flat vector, layer after layer: first the weights w (in, out) of a layer, then
// its biases b (out). Layer l has in = sizes[l] and out = sizes[l + 1]; there are `layers` of them.
//
// Returns the penalty  lambda / 2 * (sum of the squares of all weights), summed in double, and adds its gradient to
// `gradient`, which is laid out as `parameters` and already holds that of the loss. Biases are not penalized.
double weight_decay(float* gradient, const float* parameters, float lambda, const int* sizes, int layers) {
  // --- YOUR CODE (11 lines in ours)
  // Walk through the vector layer by layer, and step over the biases.
  return 0;
  // --- END OF YOUR CODE
}
// As generated: 496758487-888
