// L2 weight decay: a penalty on large weights, and what it adds to the gradient.
#include <cstddef>

// The parameters of a network lie in one flat vector, layer after layer: first the weights w (in, out) of a layer, then
// its biases b (out). Layer l has in = sizes[l] and out = sizes[l + 1]; there are `layers` of them.
//
// Returns the penalty  lambda / 2 * (sum of the squares of all weights), summed in double, and adds its gradient to
// `gradient`, which is laid out as `parameters` and already holds that of the loss. Biases are not penalized.
double weight_decay(float* gradient, const float* parameters, float lambda, const int* sizes, int layers) {
  // BEGIN SOLUTION
  double squares = 0;
  for (int l = 0; l < layers; ++l) {
    const size_t weights = size_t(sizes[l]) * size_t(sizes[l + 1]);
    for (size_t i = 0; i < weights; ++i) {
      squares += double(parameters[i]) * parameters[i];
      gradient[i] += lambda * parameters[i];
    }
    parameters += weights + size_t(sizes[l + 1]);
    gradient += weights + size_t(sizes[l + 1]);
  }
  return 0.5 * lambda * squares;
  // TODO
  // Walk through the vector layer by layer, and step over the biases.
  // STUB
  // return 0;
  // END SOLUTION
}
