// Chapter 03: backward through a layer and through the ReLU before it in one kernel has the bits of two.
// orders: ascending descending shuffled
#include <cmath>

#include "chapters/01_serial/mlp.h"
#include "chapters/03_fast_kernels/block_shape.h"
#include "chapters/03_fast_kernels/fused.h"
#include "tests/03_fast_test.h"

namespace {

using namespace device_operations;

// Every block, at sizes that end inside of one and at addresses that are no multiples of 16 bytes; masks that are positive, negative, two
// kinds of zero, and no number.
TEST_F(FastTest, AMaskedProductHasTheBitsOfTwoKernels) {
  struct Case {
    int rows, in, out, shift;
  };
  for (const int edge : {0, 32, 64, 128})
    for (const auto& [rows, in, out, shift] : {Case{1, 1, 1, 0}, {33, 36, 20, 0}, {33, 36, 20, 1}, {66, 131, 7, 0}, {130, 68, 33, 2}}) {
      const size_t n = size_t(rows) * size_t(in), before = size_t(shift);
      Floats mask = random_floats(before + n, 4);
      for (size_t i = before; i < mask.size(); i += 5) mask[i] = i % 3 == 0 ? -0.0f : i % 3 == 1 ? 0.0f : NAN;
      const Copied<> x(*device, mask), dy(*device, random_floats(size_t(rows) * size_t(out), 5));
      const Copied<> w(*device, random_floats(size_t(in) * size_t(out), 6));
      const Copied<> two(*device, Floats(before + n + 3, 9.0f)), one(*device, Floats(before + n + 3, 9.0f));
      const int chosen = fast::edge_of_block(rows, in, fast::multiprocessors());
      const auto blocks_of = [rows = rows, in = in](int edge) { return size_t((rows + edge - 1) / edge) * size_t((in + edge - 1) / edge); };
      device->linear_backward_input(two + shift, dy, w, Write::overwrite, rows, in, out);
      if (&cuda_on_cpu_blocks) {
        EXPECT_EQ(cuda_on_cpu_blocks, blocks_of(chosen));
      }
      device->relu_backward(two + shift, x + shift, n);
      fast::matmul_masked(one + shift, row_major(dy, out), row_major(w, out).transposed(), x + shift, rows, in, out,
                          device->stream(), edge);
      if (&cuda_on_cpu_blocks) {
        EXPECT_EQ(cuda_on_cpu_blocks, blocks_of(edge > 0 ? edge : chosen)) << "blocks of " << edge;
      }
      EXPECT_TRUE(compare(one.host(), two.host()).same_bits()) << rows << " x " << in << ", blocks of " << edge;
      if (edge > 0 || shift > 0) continue;
      device->linear_backward_input_masked(one, dy, w, x, rows, in, out);
      EXPECT_TRUE(compare(one.host(), two.host()).same_bits()) << "the device's";
    }
}

// In a network with and without a ReLU at its end, whose first layer's input gets a gradient, too.
TEST_F(FastTest, ANetworkThatMasksGradientsHasTheSameBits) {
  for (const bool ends_with_relu : {false, true})
    for (const bool input_gradient : {false, true}) {
      Layout layout = make_layout({19, 13, 12, 11, 10});
      if (ends_with_relu) layout.layers.back().activation = Activation::relu;
      Floats weights(layout.count);
      initialize(weights.data(), layout, 1);
      const auto gradients_by = [&](fast::Matmul* product) {
        device->set_matmul(product);
        EXPECT_EQ(device->masks_gradients(), product == fast::matmul_three_shapes);
        const Copied<> parameters(*device, weights), gradients(*device, Floats(layout.count, NAN));
        Mlp mlp(*device, layout, parameters, gradients, {.rows = 17, .input_gradient = input_gradient});
        const Floats x = random_floats(17 * 19, 1), dy = random_floats(17 * 10, 2);
        for (const Write write : {Write::overwrite, Write::accumulate}) {
          device->copy_in(mlp.input(), x.data(), x.size());
          mlp.forward(17);
          device->copy_in(mlp.output_gradient(), dy.data(), dy.size());
          mlp.backward(write);
        }
        Floats all = gradients.host(), dx(input_gradient ? x.size() : 0);
        if (input_gradient) device->copy_out(dx.data(), mlp.input_gradient(), dx.size());
        all.insert(all.end(), dx.begin(), dx.end());
        return all;
      };
      EXPECT_TRUE(compare(gradients_by(fast::matmul_three_shapes), gradients_by(fast::matmul_small_block)).same_bits());
    }
}

}  // namespace
