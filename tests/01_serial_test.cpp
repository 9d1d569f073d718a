// What chapter 01 claims: the layout, the gradients, micro-batches, equal bits from equal seeds. The operations of its device:
// 01_serial_device_test.cpp.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <optional>

#include "chapters/01_serial/cpu_device.h"
#include "chapters/01_serial/head.h"
#include "chapters/01_serial/optimizer.h"
#include "chapters/01_serial/reference.h"
#include "chapters/01_serial/serial_training.h"
#include "chapters/01_serial/train_report.h"
#include "common/compare.h"
#include "common/error.h"
#include "common/philox.h"
#include "tests/error_of.h"
#include "tests/walled_new.h"

namespace {

// --- Layout and initial weights --------------------------------------------------------------------------------------

const std::vector<int> odd_sizes = {13, 7, 65, 3, 10};

TEST(Layout, WindowsTileTheFlatVector) {
  const Layout layout = make_layout(odd_sizes);
  size_t next = 0;
  for (const Layer& layer : layout.layers) {
    EXPECT_EQ(layer.w.offset, next);
    EXPECT_EQ(layer.b.offset, next + layer.w.size());
    next = layer.range().last;
    EXPECT_EQ(layer.activation, layer.index == 3 ? Activation::none : Activation::relu);
  }
  EXPECT_EQ(layout.count, next);
  EXPECT_EQ(make_layout({784, 512, 256, 10}).count, 535818u);
  EXPECT_EQ(layout.widest(), 65);
  EXPECT_EQ(make_layout({784, 512, 256, 10}).widest(), 784) << "an input, too";
  EXPECT_EQ(make_layout({7, 5, 9}).widest(), 9);
}

// Every element of the whole network is held by exactly one slice (a bias of a row-split layer: by all of them), and starts
// with the same value as in the whole.
TEST(Layout, EverySplitStartsFromTheSameModel) {
  const Layout whole = make_layout(odd_sizes);
  std::vector<float> reference(whole.count);
  initialize(reference.data(), whole, 5);
  for (int stages : {1, 2, 3, 4})
    for (int slices : {1, 2, 3, 5, 8}) {
      std::vector<int> seen(whole.count, 0);
      for (int stage = 0; stage < stages; ++stage)
        for (int s = 0; s < slices; ++s) {
          const Layout part = make_layout(odd_sizes, share(4, size_t(stages), size_t(stage)), {s, slices});
          std::vector<float> values(part.count + 1);
          initialize(values.data(), part, 5);
          for (const Layer& layer : part.layers)
            for (const Window* window : {&layer.w, &layer.b}) {
              const Layer& full = whole.layers[size_t(layer.index)];
              const size_t base = window == &layer.w ? full.w.offset : full.b.offset;
              for (int r = 0; r < window->rows; ++r)
                for (int c = 0; c < window->columns; ++c) {
                  const size_t global = base + window->global_element(r, c);
                  ++seen[global];
                  ASSERT_EQ(values[window->offset + size_t(r * window->columns + c)], reference[global]);
                }
            }
        }
      for (const Layer& layer : whole.layers) {
        const bool copied_bias = slices > 1 && layer.index % 2 == 1;
        for (size_t i = layer.w.range().first; i < layer.w.range().last; ++i) ASSERT_EQ(seen[i], 1);
        for (size_t i = layer.b.range().first; i < layer.b.range().last; ++i)
          ASSERT_EQ(seen[i], copied_bias ? slices : 1);
      }
    }
}

TEST(Layout, NeighbouringLayersOfASliceFit) {
  for (int slices : {2, 3, 5, 8})
    for (int s = 0; s < slices; ++s) {
      const Layout part = make_layout(odd_sizes, {0, 4}, {s, slices});
      for (size_t l = 0; l + 1 < part.layers.size(); l += 2)
        EXPECT_EQ(part.layers[l].out, part.layers[l + 1].in);
    }
}

TEST(Layout, BadRangesAreErrors) {
  const auto error = [](const std::vector<int>& sizes, std::optional<Range> here) -> std::string {
    try {
      here ? make_layout(sizes, *here) : make_layout(sizes);
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_EQ(error({784}, {}), "layout: a network needs an input and an output size");
  EXPECT_EQ(error({}, {}), "layout: a network needs an input and an output size");
  EXPECT_EQ(error({784, 5, 10}, Range{1, 3}), "layout: layers 1 to 3 of 3 sizes");
  EXPECT_EQ(error({784, 10}, Range{1, 1}), "layout: layers 1 to 1 of 2 sizes");
  EXPECT_EQ(error({784}, Range{0, 1}), "layout: layers 0 to 1 of 1 sizes");
  EXPECT_EQ(error({}, Range{0, 1}), "layout: layers 0 to 1 of 0 sizes");
  EXPECT_EQ(error({784, 10}, Range{0, 1}), "");
}

TEST(Initialize, HasTheVarianceOfHe) {
  const Layout layout = make_layout({784, 512, 10});
  std::vector<float> values(layout.count);
  initialize(values.data(), layout, 1);
  double sum = 0, squares = 0;
  for (size_t i = 0; i < layout.layers[0].w.size(); ++i)
    sum += values[i], squares += double(values[i]) * values[i];
  const double n = double(layout.layers[0].w.size());
  EXPECT_NEAR(squares / n, 2.0 / 784, 2.0 / 784 * 0.01);  // He et al., equation 10
  EXPECT_NEAR(sum / n, 0, 5 * std::sqrt(2.0 / 784 / n));  // five standard deviations of the mean
  for (size_t i = layout.layers[0].b.range().first; i < layout.layers[0].b.range().last; ++i)
    EXPECT_EQ(values[i], 0);
}

// --- The network -----------------------------------------------------------------------------------------------------

Dataset random_images(size_t count, size_t features, int classes = 10) {
  Dataset data{count, 1, features, std::vector<uint8_t>(count * features), std::vector<uint8_t>(count)};
  for (size_t i = 0; i < data.pixels.size(); ++i)
    data.pixels[i] = uint8_t(random_words(1, RandomStream::data, 0, i)[0]);
  for (size_t r = 0; r < count; ++r)
    data.labels[r] = uint8_t(random_words(1, RandomStream::data, 1, r)[0] % uint32_t(classes));
  return data;
}

// A network with its own parameters and gradients, as train.cpp sets it up.
struct Network {
  CpuDevice device;
  Layout layout;
  Buffer<> parameters, gradients;
  Mlp mlp;
  SoftmaxHead head;

  Network(const std::vector<int>& sizes, Space space, uint64_t seed = 1)
      : layout(make_layout(sizes)),
        parameters(device, layout.count, Purpose::parameters),
        gradients(device, layout.count, Purpose::gradients),
        mlp(device, layout, parameters, gradients, space),
        head(device, space) {
    initialize(parameters, layout, seed);
    device.fill(gradients, NAN, layout.count);  // what is not overwritten would show
  }
  std::vector<float> weights() const { return {parameters.data(), parameters.data() + layout.count}; }
  std::vector<float> gradient() const { return {gradients.data(), gradients.data() + layout.count}; }

  // Forward, loss and backward of `batch`, cut into micro-batches; returns the loss.
  double run(const Dataset& data, const std::vector<uint32_t>& order, Range batch, size_t micro_batches,
             int slot = 0) {
    double loss = 0;
    Write write = Write::overwrite;
    for (size_t m = 0; m < micro_batches; ++m) {
      const Range rows = share(batch, micro_batches, m);
      if (rows.empty()) continue;
      load_images(mlp, data, order, rows, slot);
      head.load_labels(data, order, rows, slot);
      mlp.forward(int(rows.size()), slot);
      head.backward(mlp, batch.size(), slot);
      mlp.backward(write, slot);
      loss += head.loss(mlp, batch.size(), slot);
      write = Write::accumulate;
    }
    return loss;
  }
};

// Every parameter against the central difference in double precision.  A float carries 24 bits; sums of up to 65 * 13 terms
// stay right to 1e-5 of the largest gradient, and every planted mistake is off by more than 1e-2 of it.
void check_gradients(const std::vector<int>& sizes, size_t rows) {
  Network net(sizes, {.rows = int(rows)});
  for (const Layer& layer : net.layout.layers)  // away from ReLU's kink at 0
    for (size_t j = 0; j < layer.b.size(); ++j) net.parameters[layer.b.offset + j] = 0.05f * float(1 + j % 3);
  const Dataset data = random_images(rows, size_t(sizes.front()), sizes.back());
  const std::vector<uint32_t> order = permutation(1, 0, rows);
  const double loss = net.run(data, order, {0, rows}, 1);

  std::vector<double> exact(net.parameters.data(), net.parameters.data() + net.layout.count);
  const std::vector<double> x(net.mlp.input(), net.mlp.input() + rows * data.features());
  std::vector<int> labels(rows);
  gather_labels(labels.data(), data, order, {0, rows});
  EXPECT_NEAR(loss, reference_loss(net.layout, exact, x, labels), 1e-5);

  double largest = 0, worst = 0;
  for (size_t i = 0; i < net.layout.count; ++i) {
    const double slope = central_difference(net.layout, exact, i, x, labels);
    largest = std::max(largest, std::abs(slope));
    const double error = std::abs(net.gradients[i] - slope);
    if (!(error <= worst) && !std::isnan(worst)) worst = error;
  }
  EXPECT_GT(largest, 1e-3);
  EXPECT_TRUE(worst <= 1e-5 * largest) << "worst " << worst << " of " << largest;
}

TEST(Gradients, AgreeWithSlopes) {
  check_gradients({13, 10}, 7);        // no hidden layer
  check_gradients({7, 13, 10}, 3);     // one
  check_gradients({13, 7, 5, 3}, 13);  // two
  check_gradients({3, 7, 13, 7, 3, 2}, 5);
  check_gradients({65, 13, 10}, 1);  // one row
  check_gradients({1, 7, 10}, 13);   // one column
  check_gradients({7, 1, 3}, 7);     // one hidden unit
  check_gradients({13, 65, 10}, 2);
}

TEST(Gradients, OfTheInput) {
  const std::vector<int> sizes = {5, 7, 3};
  Network net(sizes, {.rows = 2, .slots = 1, .input_gradient = true});
  const Dataset data = random_images(2, 5, 3);
  net.run(data, {0, 1}, {0, 2}, 1);
  std::vector<double> exact(net.parameters.data(), net.parameters.data() + net.layout.count);
  std::vector<double> x(net.mlp.input(), net.mlp.input() + 10);
  const std::vector<int> labels = {data.labels[0], data.labels[1]};
  for (size_t i = 0; i < x.size(); ++i) {
    const double h = 1e-5, at = x[i];
    x[i] = at + h;
    const double above = reference_loss(net.layout, exact, x, labels);
    x[i] = at - h;
    const double below = reference_loss(net.layout, exact, x, labels);
    x[i] = at;
    EXPECT_NEAR(net.mlp.input_gradient()[i], (above - below) / (2 * h), 1e-6);
  }
}

TEST(Mlp, SlotsDoNotDisturbEachOther) {
  Network net({13, 7, 10}, {.rows = 4, .slots = 3}), alone({13, 7, 10}, {.rows = 4});
  const Dataset data = random_images(12, 13);
  const std::vector<uint32_t> order = permutation(1, 0, 12);
  for (int s = 0; s < 3; ++s) {
    load_images(net.mlp, data, order, {size_t(4 * s), size_t(4 * s + 4)}, s);
    net.head.load_labels(data, order, {size_t(4 * s), size_t(4 * s + 4)}, s);
    net.mlp.forward(4, s);
  }
  for (int s : {1, 0, 2}) {  // backward later, in another order
    net.head.backward(net.mlp, 4, s);
    net.mlp.backward(Write::overwrite, s);
    alone.run(data, order, {size_t(4 * s), size_t(4 * s + 4)}, 1);
    EXPECT_TRUE(compare(net.gradient(), alone.gradient()).same_bits()) << "slot " << s;
  }
}

// What does not fit would be written behind the activations.
TEST(Mlp, TakesNoMoreRowsThanItHasRoomFor) {
  Network net({3, 2, 2}, {.rows = 4, .slots = 2});
  for (int slot : {0, 1}) {
    net.device.fill(net.mlp.input(slot), 1, 4 * 3);
    net.mlp.forward(4, slot);
    EXPECT_EQ(net.mlp.rows(slot), 4);
    EXPECT_EQ(mistake_of([&] { net.mlp.forward(5, slot); }), "more rows than the network has room for");
  }
}

TEST(Mlp, HooksSeeEachLayerInOrder) {
  Network net({13, 7, 10}, {.rows = 4});
  const Dataset data = random_images(4, 13);
  std::string seen;
  auto note = [&](const char* what) {
    return [&seen, what](int layer, int) { seen += what + std::to_string(layer) + " "; };
  };
  net.mlp.hooks = {note("f"), note("F"), note("b"), note("i"), note("B")};
  net.run(data, {0, 1, 2, 3}, {0, 4}, 1);
  EXPECT_EQ(seen, "f0 F0 f1 F1 b1 i1 B1 b0 B0 ") << "nobody asks for the gradient of the first layer's input";
}

TEST(Mlp, LayersMayLieAnywhere) {
  Network net({13, 7, 10}, {.rows = 4}), scattered({13, 7, 10}, {.rows = 4});
  const Dataset data = random_images(4, 13);
  std::vector<std::vector<float>> w, g;
  for (int l = 0; l < 2; ++l) {
    const Range range = net.layout.layers[size_t(l)].range();
    w.emplace_back(net.parameters + range.first, net.parameters + range.last);
    g.emplace_back(range.size(), NAN);
  }
  for (int l = 0; l < 2; ++l) {
    scattered.mlp.place_parameters(l, w[size_t(l)].data());
    scattered.mlp.place_gradients(l, g[size_t(l)].data());
  }
  net.run(data, {0, 1, 2, 3}, {0, 4}, 1);
  scattered.run(data, {0, 1, 2, 3}, {0, 4}, 1);
  for (int l = 0; l < 2; ++l)
    EXPECT_TRUE(
        compare(g[size_t(l)], std::span(net.gradients.data() + net.layout.layers[size_t(l)].range().first,
                                        g[size_t(l)].size()))
            .same_bits());
}

// A network cut in two gives the same bits as the whole one: the first step of chapter 08.
TEST(Mlp, StagesGiveTheBitsOfTheWhole) {
  const std::vector<int> sizes = {13, 7, 65, 10};
  Network whole(sizes, {.rows = 5});
  const Dataset data = random_images(5, 13);
  const std::vector<uint32_t> order = permutation(1, 0, 5);
  whole.run(data, order, {0, 5}, 1);

  CpuDevice device;
  const Layout first = make_layout(sizes, {0, 1}), second = make_layout(sizes, {1, 3});
  std::vector<float> w1(first.count), g1(first.count), w2(second.count), g2(second.count);
  initialize(w1.data(), first, 1);
  initialize(w2.data(), second, 1);
  Mlp a(device, first, w1.data(), g1.data(), {.rows = 5}),
      b(device, second, w2.data(), g2.data(), {5, 1, true});
  SoftmaxHead head(device, {.rows = 5});
  load_images(a, data, order, {0, 5});
  head.load_labels(data, order, {0, 5});
  a.forward(5);
  device.copy(b.input(), a.output(), 5 * 7);
  b.forward(5);
  head.backward(b, 5);
  b.backward(Write::overwrite);
  device.copy(a.output_gradient(), b.input_gradient(), 5 * 7);
  a.backward(Write::overwrite);
  std::vector<float> joined = g1;
  joined.insert(joined.end(), g2.begin(), g2.end());
  EXPECT_TRUE(compare(joined, whole.gradient()).same_bits());
}

TEST(Mlp, MemoryIsAsTheFormulaSays) {
  const Space space{.rows = 6, .slots = 2, .input_gradient = true};
  // With the widest inner activation, beside which input or output may be wider.
  for (const auto& [sizes, widest] : {std::pair<std::vector<int>, int>{{13, 7, 65, 10}, 65}, {{65, 13, 7, 10}, 13}, {{9, 7, 8, 65}, 8}}) {
    Network net(sizes, space);
    int per_row_and_slot = sizes.back() /* output gradient */ + sizes.front() /* input gradient */;
    for (int width : sizes) per_row_and_slot += width;  // activations
    const int inner = 2 * widest;  // two buffers, shared by the slots
    const int head = 2 * (1 /* label */ + 1 /* loss */);
    EXPECT_EQ(net.device.memory(Purpose::activations).live, size_t(6 * 4 * (2 * per_row_and_slot + inner + head))) << widest;
    EXPECT_EQ(net.device.memory(Purpose::parameters).live, 4 * net.layout.count);
    EXPECT_EQ(net.device.memory(Purpose::gradients).live, 4 * net.layout.count);
  }
  // Every second or third activation is kept in each slot. Those between share places, one for each place in a stretch, as wide as the
  // widest there; and gradients that are kept are not two buffers, but one in each slot for each inner activation.
  struct Case {
    int keep_every;
    bool keep_gradients;
    int shared, slot, gradients, of_slot;
  };
  const std::vector<int> sizes = {13, 7, 65, 8, 9, 10};
  for (const Case& c : {Case{1, false, 0, 13 + 7 + 65 + 8 + 9 + 10, 2 * 65, 0}, {2, false, 8, 13 + 65 + 9 + 10, 2 * 65, 0},
                        {3, false, 9 + 65, 13 + 8 + 10, 2 * 65, 0}, {16, false, 7 + 65 + 8 + 9, 13 + 10, 2 * 65, 0},
                        {2, true, 8, 13 + 65 + 9 + 10, 0, 7 + 65 + 8 + 9}}) {
    const Network net(sizes, {.rows = 6, .slots = 3, .keep_every = c.keep_every, .keep_gradients = c.keep_gradients});
    const int per_row = c.shared + c.gradients + 3 * (c.slot + c.of_slot + 10 /* output gradient */ + 2 /* label and loss */);
    EXPECT_EQ(net.device.memory(Purpose::activations).live, size_t(6 * 4 * per_row)) << c.keep_every << c.keep_gradients;
  }
}

// The worked example of the chapter's text. All of its numbers but the losses are exact in a float, except for what the
// learning rate of 0.1 makes of them.
TEST(Mlp, OneStepByHand) {
  Network net({2, 2, 2}, {.rows = 1});
  const std::vector<float> before = {0, 1, 1, -1, /* b */ 0, 0, 1, 0, 0, 1, /* b */ 0, 2};
  std::copy(before.begin(), before.end(), net.parameters.data());
  const Dataset label_0{1, 1, 2, {0, 0}, {0}};
  auto forward = [&] {
    net.mlp.input()[0] = 1, net.mlp.input()[1] = 2;
    net.head.load_labels(label_0, std::vector<uint32_t>{0}, {0, 1});
    net.mlp.forward(1);
    net.head.backward(net.mlp, 1);
    return net.head.loss(net.mlp, 1);
  };
  auto values = [](const float* p) { return std::vector<float>{p[0], p[1]}; };

  EXPECT_NEAR(forward(), std::log(2.0), 1e-6);
  EXPECT_EQ(values(net.mlp.activation(1, 0)), (std::vector<float>{2, 0}));
  EXPECT_EQ(values(net.mlp.output()), (std::vector<float>{2, 2}));
  EXPECT_EQ(values(net.mlp.output_gradient()), (std::vector<float>{-0.5f, 0.5f}));
  net.mlp.backward(Write::overwrite);
  EXPECT_EQ(net.gradient(), (std::vector<float>{-0.5f, 0, -1, 0, -0.5f, 0, -1, 1, 0, 0, -0.5f, 0.5f}));

  Optimizer(net.device, {.learning_rate = 0.1}, net.layout.count).step(net.parameters, net.gradients);
  const std::vector<float> after = {0.05f, 1, 1.1f, -1, 0.05f, 0, 1.1f, -0.1f, 0, 1, 0.05f, 1.95f};
  EXPECT_LE(compare(net.weights(), after).max_abs, 1e-7);
  EXPECT_NEAR(forward(), std::log1p(std::exp(-0.86)), 1e-6);  // 0.353
  EXPECT_NEAR(net.mlp.output()[0], 2.58, 1e-6);
  EXPECT_NEAR(net.mlp.output()[1], 1.72, 1e-6);
}

// --- Micro-batches ---------------------------------------------------------------------------------------------------

// The gradient of a step is ((g0 + g1) + g2) + ..., each computed from zero: bit for bit, empty ones skipped.
TEST(MicroBatches, GradientIsTheirSumOneByOne) {
  const Dataset data = random_images(130, 13);
  const std::vector<uint32_t> order = permutation(1, 0, 130);
  for (size_t rows : {1, 5, 64, 128, 130})
    for (size_t micro_batches : {1, 2, 3, 4, 8, 200}) {
      Network net({13, 7, 10}, {.rows = 130}), single({13, 7, 10}, {.rows = 130});
      const double loss = net.run(data, order, {0, rows}, micro_batches);
      std::vector<float> sum;
      double loss_sum = 0;
      for (size_t m = 0; m < micro_batches; ++m) {
        const Range part = share(rows, micro_batches, m);
        if (part.empty()) continue;
        load_images(single.mlp, data, order, part);
        single.head.load_labels(data, order, part);
        single.mlp.forward(int(part.size()));
        single.head.backward(single.mlp, rows);
        single.mlp.backward(Write::overwrite);
        loss_sum += single.head.loss(single.mlp, rows);
        if (sum.empty())
          sum = single.gradient();
        else
          single.device.add(sum.data(), single.gradients, sum.size());
      }
      EXPECT_TRUE(compare(net.gradient(), sum).same_bits())
          << rows << " rows, " << micro_batches << " micro-batches";
      EXPECT_EQ(loss, loss_sum);
    }
}

// Cutting a batch changes the order of sums only: the gradient moves by rounding, about 1e-7 of its length times a few.
TEST(MicroBatches, CuttingChangesRoundingOnly) {
  const Dataset data = random_images(128, 65);
  const std::vector<uint32_t> order = permutation(1, 0, 128);
  Network one({65, 33, 10}, {.rows = 128}), eight({65, 33, 10}, {.rows = 128});
  const double loss = one.run(data, order, {0, 128}, 1);
  EXPECT_NEAR(eight.run(data, order, {0, 128}, 8), loss, 1e-6);
  EXPECT_LE(compare(eight.gradient(), one.gradient()).relative, 1e-5);
}

// Each row's loss is a float; their sum is not: added in float, the last of these would be lost.
TEST(Loss, IsAddedInDouble) {
  const size_t rows = 1000;
  Network net({13, 7, 10}, {.rows = int(rows)});
  const Dataset data = random_images(rows, 13);
  const std::vector<uint32_t> order = permutation(1, 0, rows);
  const double loss = net.run(data, order, {0, rows}, 1);
  std::vector<int> labels(rows);
  gather_labels(labels.data(), data, order, {0, rows});
  std::vector<float> losses(rows), dz(10 * rows);
  net.device.softmax_cross_entropy(losses.data(), dz.data(), net.mlp.output(), labels.data(), 1, int(rows), 10);
  double sum = 0;
  float in_float = 0;
  for (float x : losses) sum += x, in_float += x;
  EXPECT_EQ(loss, sum / double(rows));
  EXPECT_NE(sum, in_float);
}

// --- Training --------------------------------------------------------------------------------------------------------

std::vector<float> train(const Dataset& data, uint64_t seed, const std::string& rule, int epochs,
                         double* last_loss = nullptr) {
  Network net({13, 33, 10}, {.rows = 32}, seed);
  Optimizer optimizer(net.device, {.name = rule, .learning_rate = rule == "adam" ? 0.01 : 0.1},
                      net.layout.count);
  for (int epoch = 0; epoch < epochs; ++epoch) {
    const std::vector<uint32_t> order = permutation(seed, uint32_t(epoch), data.count);
    for (const Range batch : batches(data.count, 32)) {
      const double loss = net.run(data, order, batch, 1);
      if (last_loss) *last_loss = loss;
      optimizer.step(net.parameters, net.gradients);
    }
  }
  return net.weights();
}

TEST(Optimizer, AnUnknownRuleIsAnError) {
  CpuDevice device;
  for (const std::string rule : {"", "SGD", "rmsprop"})
    EXPECT_EQ(error_of([&] { Optimizer(device, {.name = rule}, 3); }), "optimizer: '" + rule + "' is not one of sgd|momentum|adam");
  EXPECT_EQ(Optimizer(device, {.name = "sgd"}, 3).state_vectors(), 0);
  EXPECT_EQ(Optimizer(device, {.name = "momentum"}, 3).state_vectors(), 1);
  EXPECT_EQ(Optimizer(device, {.name = "adam"}, 3).state_vectors(), 2);
}

// Gradients as small as epsilon: the step is half the rate, g / (|g| + epsilon) of it; and a state that starts at zero.
TEST(Optimizer, HasTheEpsilonOfAdam) {
  CpuDevice device;
  std::vector<float> w = {0, 0}, g = {1e-8f, -1e-8f};
  Optimizer adam(device, {.name = "adam", .learning_rate = 1}, 2);
  adam.step(w.data(), g.data());
  EXPECT_NEAR(w[0], -0.5, 1e-3);
  EXPECT_NEAR(w[1], 0.5, 1e-3);
  EXPECT_EQ(adam.steps(), 1);
}

TEST(Training, SameSeedSameBits) {
  const Dataset data = random_images(200, 13);
  for (const char* rule : {"sgd", "momentum", "adam"}) {
    const std::vector<float> first = train(data, 1, rule, 2), start = train(data, 1, rule, 0);
    EXPECT_GT(compare(first, start).max_abs, 0.01) << "training must move the weights";
    EXPECT_TRUE(compare(first, train(data, 1, rule, 2)).same_bits());
    EXPECT_FALSE(compare(first, train(data, 2, rule, 2)).same_bits());
  }
}

// A step is -rate · scale · factor · g, where the factor shortens the gradient of the whole batch, not those of its parts.
TEST(Training, ClipsTheWholeGradientAndScalesTheRate) {
  const Dataset data = random_images(30, 13);
  const std::vector<uint32_t> order = permutation(1, 0, 30);
  CpuDevice device;
  const auto moved = [&](OptimizerOptions rule, double scale) {
    SerialTraining training(device, {13, 7, 10}, rule, 30, 3);
    std::vector<float> before = training.weights();
    training.step(data, order, {0, 30}, 3, scale);
    const std::vector<float> after = training.weights();
    for (size_t i = 0; i < before.size(); ++i) before[i] -= after[i];
    return before;
  };
  const std::vector<float> g = moved({.learning_rate = 1}, 1);
  double length = 0;
  for (float x : g) length += double(x) * x;
  length = std::sqrt(length);
  for (double limit : {0.0, 0.25 * length, 4 * length})
    for (double scale : {1.0, 0.5}) {
      const double factor = limit > 0 && limit < length ? limit / length : 1;
      std::vector<float> expected = g;
      for (float& x : expected) x = float(0.75 * scale * factor * x);
      // Weights are about 1, so a difference of two is right to 2^-23.
      EXPECT_LE(compare(moved({.learning_rate = 0.75, .clip_norm = limit}, scale), expected).max_abs, 0x1p-22) << limit << " " << scale;
    }
  EXPECT_GT(length, 0.1);
}

TEST(Training, EveryRuleLearnsTheTrainingData) {
  const Dataset data = random_images(64, 13);
  for (const char* rule : {"sgd", "momentum", "adam"}) {
    double before = 0, after = 0;
    train(data, 1, rule, 1, &before);
    train(data, 1, rule, 2000, &after);
    EXPECT_LT(after, 0.5 * before) << rule;
  }
}

TEST(Evaluation, CountsDoNotDependOnTheChunk) {
  const Dataset data = random_images(101, 13);
  Network big({13, 7, 10}, {.rows = 101});
  const size_t correct = count_correct(big.mlp, data, {0, 101});
  for (int rows : {1, 2, 10, 64}) {
    Network small({13, 7, 10}, {.rows = rows});
    EXPECT_EQ(count_correct(small.mlp, data, {0, 101}), correct);
    EXPECT_EQ(count_correct(small.mlp, data, {0, 50}) + count_correct(small.mlp, data, {50, 101}), correct);
  }
}

TEST(Evaluation, IsRight) {
  // One layer whose weights copy pixel j to class j: the brightest of ten pixels is the guess, the first among equals.
  Network net({10, 10}, {.rows = 4});
  net.device.fill(net.parameters, 0, net.layout.count);
  for (int j = 0; j < 10; ++j) net.parameters[j * 10 + j] = 1;
  Dataset data{3, 1, 10, std::vector<uint8_t>(30), {4, 9, 0}};
  data.pixels[4] = 200;   // right
  data.pixels[13] = 200;  // guessed 3, is 9: wrong
  EXPECT_EQ(count_correct(net.mlp, data, {0, 3}), 2u) << "all pixels of the third are equal: class 0";
}

// A clock that the test moves by hand.
double now = 0;

TEST(TrainReport, TellsMeansRatesAndTimesByTheClock) {
  const auto usual = clock_seconds;
  clock_seconds = [] { return now; };
  const std::string record = testing::TempDir() + "train_report.csv";
  TrainOptions o;
  o.log = record;
  o.batch = 30;
  o.epochs = 2;
  testing::internal::CaptureStdout();
  {
    TrainReport report(o, random_images(40, 5));
    const auto step = [&](double seconds, double loss, size_t rows) { now += seconds, report.step(loss, rows); };
    step(2, 0.5, 30);
    step(3, 0.7, 10);
    now += 100;  // evaluation, which is not training
    report.epoch(0, 3, 4);
    step(1, 0.25, 30);
    step(2, 0.05, 10);
    now += 1000;
    report.epoch(1, 7, 8);
    report.end(std::vector<float>{1, 2});
    EXPECT_EQ(report.train_seconds(), 8);
  }
  const std::string printed = testing::internal::GetCapturedStdout();
  clock_seconds = usual;
  EXPECT_TRUE(contains(printed, "epoch   1   loss 0.5500   test accuracy 75.00 % (3 of 4)   8 samples/s\n"));
  EXPECT_TRUE(contains(printed, "epoch   2   loss 0.2000   test accuracy 87.50 % (7 of 8)   10 samples/s\n"));
  EXPECT_TRUE(contains(printed, "trained 4 steps in 8.0 s, 10 samples/s; weights "));
  // The record: the loss of each batch, then of the epoch; samples per second of all training so far.
  std::ifstream file(record);
  std::string line, all;
  std::getline(file, line);  // the names of its columns
  while (std::getline(file, line)) all += line + "\n";
  EXPECT_EQ(all, "1,0.5,,15\n2,0.7,,8\n2,0.55,0.75,8\n3,0.25,,11.6666667\n4,0.05,,10\n4,0.2,0.875,10\n");
}

}  // namespace
