// The layers of a multilayer perceptron on a device, forward and backward.
//
// An Mlp holds neither its parameters nor its gradients, it is given pointers. What it owns are the activations: what each
// layer put out, which backward needs again.
//
// For later chapters, skip it now: slots (08; here there is one, number 0), hooks (06, 07, 09), single layers and layers
// that are placed elsewhere (07). With the pointers, parameters can lie in pinned memory, in memory shared between
// processes, or be there only while a layer needs them.
//
// The loss is not part of it: see head.h. Between forward and backward, somebody writes output_gradient(slot).
#pragma once

#include <functional>
#include <vector>

#include "chapters/01_serial/device.h"
#include "chapters/01_serial/layout.h"

// For chapters 06 to 09, skip it now; all are empty here. Called around each layer with (layer, slot), layer counting
// from 0 in the Mlp's own layout. Buckets of gradients leave in after_backward (06), weights are gathered before a layer
// and freed after it (07), parts of sums are combined (09). after_input_gradient: when the gradient of the layer's input is
// there, if anybody asks for it, and those of its weights are still to be computed: others wait for the first only (08, 09).
struct Hooks {
  std::function<void(int layer, int slot)> before_forward, after_forward, before_backward, after_input_gradient, after_backward;
};

// The room that an Mlp makes for activations.
struct Space {
  int rows = 1;                 // the most rows that a micro-batch will have
  int slots = 1;                // for chapter 08, skip it now: micro-batches in flight, each with its own activations
  bool input_gradient = false;  // for chapter 08, skip it now: whether backward computes the gradient of the input, too
  int keep_every = 1;           // for chapter 08, skip it now: every so many-th activation is kept, the others computed again
  bool keep_gradients = false;  // for chapter 08, skip it now: a slot has those of all its activations, until it is used again
};

// Whether activation a of a network of `depth` layers is kept in its slot. The input and the output always are.
inline bool is_kept(int a, int depth, int keep_every) { return a == depth || a % keep_every == 0; }

class Mlp {
 public:
  // parameters and gradients: (layout.count) each, in device memory.  (For chapter 07: either may be null if every layer is
  // placed, see below, before it runs.)
  Mlp(Device& device, const Layout& layout, float* parameters, float* gradients, Space space);

  // All layers in order: from input(slot), which holds `rows` rows, to output(slot).
  void forward(int rows, int slot = 0);
  // Where not all activations are kept: computes each stretch between two kept ones again before it goes back through it. The same
  // operations on the same numbers, so the same bits.
  // All layers in reverse order: from output_gradient(slot) to the gradients of the parameters, which are overwritten
  // or added to, and to input_gradient(slot).  output_gradient(slot) is used up.
  void backward(Write write, int slot = 0);

  // Single layers, without hooks.
  // For chapter 09, skip it now: a layer with Split::rows computes only its part of the product; after_forward sums it over
  // processes and then adds the bias (Device::add_bias).
  void forward_layer(int layer, int slot);
  // Backward has two halves. The first leaves the gradient of the layer's input, if anybody asks for it; it is to come first,
  // and may be followed by other layers' before the second.
  void backward_layer_input(int layer, int slot);
  void backward_layer_weights(int layer, Write write, int slot);
  bool has_input_gradient(int layer) const { return layer > 0 || space_.input_gradient; }

  // In device memory, each (space.rows, width), of which rows(slot) rows are in use.
  float* input(int slot = 0) const { return activation(0, slot); }
  float* output(int slot = 0) const { return activation(depth(), slot); }
  float* input_gradient(int slot = 0) const { return activation_gradient(0, slot); }
  float* output_gradient(int slot = 0) const { return activation_gradient(depth(), slot); }
  // Activation 0 is the input, activation l + 1 the output of layer l.  The gradient of an inner one lives from the
  // layer that writes it to the layer that reads it, unless it is kept.
  float* activation(int l, int slot) const { return slots_[size_t(slot)].activations[size_t(l)]; }
  float* activation_gradient(int l, int slot) const;
  int rows(int slot = 0) const { return slots_[size_t(slot)].rows; }
  // For chapter 03, where a recorded step runs again without a call of forward; forward does this itself.
  void set_rows(int rows, int slot = 0) { slots_[size_t(slot)].rows = rows; }

  // Parameters and gradients of a layer, (layer.range().size()): the weights, then the bias.
  float* parameters(int layer) const { return parameters_[size_t(layer)]; }
  float* gradients(int layer) const { return gradients_[size_t(layer)]; }
  // For chapter 07, skip it now: other places for one layer's.
  void place_parameters(int layer, float* p) { parameters_[size_t(layer)] = p; }
  void place_gradients(int layer, float* p) { gradients_[size_t(layer)] = p; }

  const Layout& layout() const { return layout_; }
  int depth() const { return int(layout_.layers.size()); }
  const Space& space() const { return space_; }
  Device& device() const { return device_; }

  Hooks hooks;

 private:
  // The layers [first, last), with their hooks.
  void forward_layers(int first, int last, int slot);
  void compute_again(int layer, int slot);

  struct Slot {
    int rows = 0;
    std::vector<float*> activations, inner_gradients;
    Buffer<> input_gradient, output_gradient;
  };

  Device& device_;
  Layout layout_;
  Space space_;
  std::vector<float*> parameters_, gradients_;  // per layer
  std::vector<Slot> slots_;
  std::vector<Buffer<>> activations_;
  // Whose activations lie in the places that all slots and stretches share: the slot, and the stretch's first layer.
  std::pair<int, int> there_{-1, -1};
  // Gradients of inner activations live only from one layer to the next, unless they are kept: two buffers serve all slots in turn.
  Buffer<> inner_gradients_[2];
};
