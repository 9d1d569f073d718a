// Where each weight lies: in the flat vector of this process, and in the whole network.
//
// All parameters of an Mlp are one vector, all gradients another; a layer is a window onto both. So an exchange of all
// gradients is one call, a bucket is a range, a shard of the optimizer is a slice, a checkpoint is one block.
//
// A Layout is a pure function of (sizes, range of layers, slice). One process with everything is the case
// {all layers, slice 0 of 1}: make_layout(sizes).
//
// For chapters 08 and 09, skip it now: a range of layers, and everything that says split, slice, first or whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "chapters/01_serial/device.h"
#include "common/split.h"

// A matrix inside the flat vector, row-major and contiguous.
struct Window {
  size_t offset = 0;          // of its first element in the flat vector
  int rows = 0, columns = 0;  // of the part that is here; a bias is one row
  // For chapter 09, skip it now: where this part lies in the unsplit matrix.
  int first_row = 0, first_column = 0;
  int whole_rows = 0, whole_columns = 0;

  size_t size() const { return size_t(rows) * size_t(columns); }
  Range range() const { return {offset, offset + size()}; }
  // The index of element (r, c) of this window in the unsplit matrix.
  size_t global_element(int r, int c) const {
    return size_t(first_row + r) * size_t(whole_columns) + size_t(first_column + c);
  }
};

// For chapter 09, skip it now: how a layer is cut when `Slice::count` processes share it.
enum class Split { none, columns, rows };

struct Layer {
  int index = 0;        // in the whole network
  int in = 0, out = 0;  // of the part that is here: y (rows, out) = x (rows, in) · w (in, out)
  Activation activation = Activation::none;
  Split split = Split::none;  // for chapter 09
  Window w, b;

  // Both windows, which lie side by side: the weights, then the bias.
  Range range() const { return {w.offset, b.offset + b.size()}; }
};

// For chapter 09, skip it now: which of `count` parts of each layer.
struct Slice {
  int index = 0, count = 1;
};

struct Layout {
  std::vector<Layer> layers;  // layers[0] is the first one that is here
  size_t count = 0;           // of parameters

  int in() const { return layers.front().in; }
  int out() const { return layers.back().out; }
  int widest() const;  // the largest in or out
};

// sizes = {784, 512, 256, 10} is a network of three layers. ReLU follows every layer but the last one of the whole network.
Layout make_layout(const std::vector<int>& sizes);

// For chapters 08 and 09, skip it now: `here` selects some of the layers, not none.
//
// With slice.count > 1 layers are cut in turn by columns (layer 0, 2, ...: the output is split, bias too) and by rows
// (layer 1, 3, ...: the input is split, each process computes a part of the sum and holds the whole bias): Shoeybi et
// al., "Megatron-LM", 2019, section 3. Parts differ by at most one column or row and may be empty.
Layout make_layout(const std::vector<int>& sizes, Range here, Slice slice = {});

// Fills parameters (layout.count, on the host) with their initial values: weights uniform in ±sqrt(6 / in) where in is
// the width of the unsplit input (He et al., "Delving deep into rectifiers", ICCV 2015, equation 10), biases zero.
// Each value is a pure function of (seed, layer, element of the unsplit layer): every split starts from the same model.
void initialize(float* parameters, const Layout& layout, uint64_t seed);
