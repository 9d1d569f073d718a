// ranks: 1 2 3
//
// Fewer bits on a GPU, or on the CPU that stands in for it: every operation against FewerBitsDevice, and training on the grid.
#include <gtest/gtest.h>

#include <cmath>

#include "chapters/10_hybrid/grid_footprint.h"
#include "chapters/11_fewer_bits/fewer_bits_cuda_device.h"
#include "chapters/11_fewer_bits/fewer_bits_device.h"
#include "common/philox.h"
#include "tests/device_operations.h"
#include "tests/grid_runs.h"

extern "C" [[gnu::weak]] unsigned long cuda_on_cpu_launches;

namespace {

using namespace grid_runs;
using device_operations::small_integers;
using Floats = std::vector<float>;

Floats read(Device& device, const float* p, size_t n) {
  Floats values(n);
  device.copy_out(values.data(), p, n);
  return values;
}

// Equal, and zeros of one sign; a NaN only has to be one.
bool same(const Floats& a, const Floats& b) {
  bool all = a.size() == b.size();
  for (size_t i = 0; i < a.size() && all; ++i)
    all = (std::isnan(a[i]) && std::isnan(b[i])) || (a[i] == b[i] && std::signbit(a[i]) == std::signbit(b[i]));
  return all;
}

struct OnGpu : testing::TestWithParam<const char*> {
  void SetUp() override {
    try {
      gpu = std::make_unique<FewerBitsCudaDevice>(GetParam(), rank() % count_gpus());
    } catch (const Error& error) {
      GTEST_SKIP() << "skipped: " << error.what();
    }
  }
  std::unique_ptr<FewerBitsCudaDevice> gpu;
  FewerBitsDevice cpu{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Formats, OnGpu, testing::Values("bf16", "half", "half-flushed"));

// Values on both devices, stored or as floats.
struct Both {
  Device &gpu, &cpu;
  Buffer<> on_gpu, on_cpu;
  size_t n;
  Both(FewerBitsCudaDevice& g, FewerBitsDevice& c, const Floats& values, bool stored) : gpu(g), cpu(c), n(values.size()) {
    on_gpu = stored ? g.allocate_activations(n) : Buffer<>(g, n, Purpose::parameters);
    on_cpu = stored ? c.allocate_activations(n) : Buffer<>(c, n, Purpose::parameters);
    g.copy_in(on_gpu.data(), values.data(), n);
    c.copy_in(on_cpu.data(), values.data(), n);
  }
  bool equal() const { return same(read(gpu, on_gpu, n), read(cpu, on_cpu, n)); }
};

// All sorts of bits: what is stored is rounded as on the CPU.
TEST_P(OnGpu, RoundsAsTheCpuDoes) {
  Floats all = {0.0f, -0.0f, INFINITY, -INFINITY, NAN, 0x1p-149f, -0x1p-149f, 0x1.fffffep127f, 65519, 65520, 0x1p-14f, 0x1.ffcp-15f, 0x1.ffep-15f,
                -0x1.8p-25f, 0x1p-25f, 257, 259, 2049};
  for (uint32_t i = 0; i < 20001; ++i) all.push_back(std::bit_cast<float>(random_words(3, RandomStream::test, 0, i)[0]));
  for (uint32_t i = 0; i < 5000; ++i) all.push_back(std::ldexp(uniform(random_words(3, RandomStream::test, 1, i)[0]), -int(i % 30)));
  const Both stored(*gpu, cpu, all, true);
  EXPECT_TRUE(stored.equal());
  EXPECT_EQ(gpu->memory(Purpose::activations).live, 2 * (all.size() + all.size() % 2));
  // A weight that is a denormal of half.
  const Both x(*gpu, cpu, {1}, true), w(*gpu, cpu, {0x1p-15f}, false), y(*gpu, cpu, {7}, false);
  gpu->linear_forward(y.on_gpu, x.on_gpu, w.on_gpu, nullptr, Activation::none, 1, 1, 1);
  cpu.linear_forward(y.on_cpu, x.on_cpu, w.on_cpu, nullptr, Activation::none, 1, 1, 1);
  EXPECT_TRUE(y.equal());
}

// 4 MB twenty times: what is given back is there for others. Other ranks may have some on the same GPU meanwhile.
TEST_P(OnGpu, GivesTheMemoryOfActivationsBack) {
  const size_t numbers = size_t{1} << 21, before = free_gpu_memory(rank() % count_gpus());
  for (int i = 0; i < 20; ++i) gpu->allocate_activations(numbers);
  EXPECT_GT(free_gpu_memory(rank() % count_gpus()) + 10 * 2 * numbers, before);
}

// Small whole numbers: products and sums are exact in any order, and some results are too long for the format.
TEST_P(OnGpu, ComputesWhatTheCpuDoes) {
  const int rows = 37, in = 150, out = 21;
  const size_t n_x = size_t(rows * in), n_w = size_t(in * out), n_y = size_t(rows * out);
  for (const bool stored : {true, false})
    for (const Write write : {Write::overwrite, Write::accumulate}) {
      const auto both = [&](size_t n, uint32_t stream, bool as_stored) { return Both(*gpu, cpu, small_integers(n, stream), as_stored); };
      const Both x = both(n_x, 1, stored), w = both(n_w, 2, false), b = both(size_t(out), 3, false), dy = both(n_y, 4, stored),
                 y = both(n_y, 5, stored), dx = both(n_x, 6, stored), dw = both(n_w, 7, false), db = both(size_t(out), 8, false),
                 sum = both(n_x, 9, stored), copied = both(n_x, 10, !stored), same_kind = both(n_x, 11, stored), biased = both(n_y, 12, stored);
      const auto on_both = [&](auto work) {
        work(static_cast<Device&>(*gpu), [](const Both& p) { return p.on_gpu.data(); });
        work(static_cast<Device&>(cpu), [](const Both& p) { return p.on_cpu.data(); });
      };
      on_both([&](Device& d, auto at) {
        d.linear_forward(at(y), at(x), at(w), at(b), Activation::relu, rows, in, out);
        d.linear_backward_weights(at(dw), at(x), at(dy), write, rows, in, out);
        d.linear_backward_bias(at(db), at(dy), write, rows, out);
        d.linear_backward_input(at(dx), at(dy), at(w), write, rows, in, out);
        d.relu_backward(at(dy), at(y), n_y);
        d.add(at(sum), at(x), n_x);
        d.scale(at(sum), 0.3f, n_x);
        d.add_bias(at(y), at(b), Activation::none, rows, out);
        d.copy(at(copied), at(dx), n_x);
        d.copy(at(same_kind), at(dx), n_x);
        d.fill(at(x), 0.3f, n_x);
        d.add_bias(at(biased), at(b), Activation::relu, rows, out);
      });
      for (const auto& [name, p] : {std::pair{"x", &x}, {"w", &w}, {"b", &b}, {"dy", &dy}, {"y", &y}, {"dx", &dx}, {"dw", &dw}, {"db", &db}, {"sum", &sum},
                                    {"copied", &copied}, {"same kind", &same_kind}, {"biased", &biased}})
        EXPECT_TRUE(p->equal()) << name << ", stored " << stored;
    }
}

// A rank may have no rows: the sum of nothing is zero, and what has no numbers stays as it is.
TEST_P(OnGpu, ComputesWhatTheCpuDoesOfNoRows) {
  const int in = 7, out = 3;
  for (const bool stored : {true, false})
    for (const Write write : {Write::overwrite, Write::accumulate}) {
      const auto both = [&](int n, bool as_stored) { return Both(*gpu, cpu, Floats(size_t(n), 3.0f), as_stored); };
      const Both x = both(in, stored), dx = both(in, stored), y = both(out, stored), dy = both(out, stored), w = both(in * out, false), dw = both(in * out, false),
                 b = both(out, false), db = both(out, false);
      const auto run = [&](Device& d, auto at) {
        d.linear_forward(at(y), at(x), at(w), at(b), Activation::relu, 0, in, out);
        d.linear_backward_weights(at(dw), at(x), at(dy), write, 0, in, out);
        d.linear_backward_bias(at(db), at(dy), write, 0, out);
        d.linear_backward_input(at(dx), at(dy), at(w), write, 0, in, out);
        d.relu_backward(at(dy), at(y), 0);
        d.add_bias(at(y), at(b), Activation::relu, 0, out);
        d.add(at(x), at(dx), 0);
        d.scale(at(x), 2, 0);
        d.fill(at(x), 2, 0);
        d.copy(at(x), at(dx), 0);
        d.copy(at(b), at(y), 0);
        d.copy(at(y), at(b), 0);
      };
      run(*gpu, [](const Both& p) { return p.on_gpu.data(); });
      run(cpu, [](const Both& p) { return p.on_cpu.data(); });
      for (const auto& [name, p] : {std::pair{"x", &x}, {"dx", &dx}, {"y", &y}, {"dy", &dy}, {"w", &w}, {"dw", &dw}, {"b", &b}, {"db", &db}})
        EXPECT_TRUE(p->equal()) << name << ", stored " << stored;
      EXPECT_EQ(read(*gpu, dw.on_gpu, 1), Floats(1, write == Write::overwrite ? 0.0f : 3.0f));
    }
}

// Not a number is not positive, an infinity is; minus zero is not.
TEST_P(OnGpu, MasksGradientsByWhatIsPositive) {
  const Both y(*gpu, cpu, {NAN, INFINITY, -INFINITY, 0.0f, -0.0f, 1, -1}, true), dy(*gpu, cpu, {1, 2, 3, 4, 5, NAN, 7}, true);
  gpu->relu_backward(dy.on_gpu, y.on_gpu, 7);
  cpu.relu_backward(dy.on_cpu, y.on_cpu, 7);
  EXPECT_TRUE(dy.equal());
  EXPECT_TRUE(same(read(*gpu, dy.on_gpu, 7), {0, 2, 0, 0, 0, NAN, 0}));
}

// Kernels: an operation on what is stored is one. A product of bf16 is chapter 03's, which puts two operands in order and multiplies; one of half
// is its step 15, and floats are made of each operand that is stored. A stored result is rounded by one more; so is, for half-flushed, a weight.
TEST_P(OnGpu, HasTheKernelsOfTheFormula) {
  if (!&cuda_on_cpu_launches) GTEST_SKIP() << "skipped: on a GPU nobody counts kernels";
  const std::string format = GetParam();
  const unsigned long multiply = format == "bf16" ? 3 : 1, operand = format == "bf16" ? 0 : 1, weight = format == "half-flushed" ? 1 : 0;
  const int rows = 5, in = 7, out = 3;
  const auto buffer = [&](int n, bool stored) { return Both(*gpu, cpu, Floats(size_t(n), 0.5f), stored); };
  const Both x = buffer(rows * in, true), dx = buffer(rows * in, true), y = buffer(rows * out, true), dy = buffer(rows * out, true), w = buffer(in * out, false),
             dw = buffer(in * out, false), b = buffer(out, false), db = buffer(out, false), logits = buffer(rows * out, false);
  Device& d = *gpu;
  const auto expect = [&](const char* what, unsigned long kernels, auto work) {
    const unsigned long before = cuda_on_cpu_launches;
    work();
    EXPECT_EQ(cuda_on_cpu_launches - before, kernels) << what;
  };
  const auto at = [](const Both& p) { return p.on_gpu.data(); };
  expect("forward", operand + weight + multiply + 1, [&] { d.linear_forward(at(y), at(x), at(w), at(b), Activation::relu, rows, in, out); });
  expect("forward of no rows", weight, [&] { d.linear_forward(at(y), at(x), at(w), at(b), Activation::relu, 0, in, out); });
  expect("logits", operand + weight + multiply, [&] { d.linear_forward(at(logits), at(x), at(w), at(b), Activation::none, rows, in, out); });
  expect("dw", 2 * operand + multiply, [&] { d.linear_backward_weights(at(dw), at(x), at(dy), Write::overwrite, rows, in, out); });
  expect("dw of logits", operand + weight + multiply, [&] { d.linear_backward_weights(at(dw), at(x), at(logits), Write::overwrite, rows, in, out); });
  expect("dx", operand + weight + multiply + 1, [&] { d.linear_backward_input(at(dx), at(dy), at(w), Write::overwrite, rows, in, out); });
  expect("db", 2, [&] { d.linear_backward_bias(at(db), at(dy), Write::overwrite, rows, out); });
  expect("relu", 1, [&] { d.relu_backward(at(dy), at(y), size_t(rows * out)); });
  expect("bias", 1, [&] { d.add_bias(at(y), at(b), Activation::relu, rows, out); });
  expect("scale", 1, [&] { d.scale(at(y), 2, size_t(rows * out)); });
  expect("fill", 1, [&] { d.fill(at(y), 2, size_t(rows * out)); });
  expect("copy", 0, [&] { d.copy(at(y), at(dy), size_t(rows * out)); });
  expect("round", 1, [&] { d.copy(at(y), at(logits), size_t(rows * out)); });
  expect("widen", 1, [&] { d.copy(at(logits), at(y), size_t(rows * out)); });
}

// The view of an activation is of floats, there and back; a part of one has no address.
TEST_P(OnGpu, HasViewsOfFloats) {
  const Floats values = device_operations::random_floats(101, 1), others = device_operations::random_floats(101, 2);
  const Both p(*gpu, cpu, values, true);
  for (Device* device : {static_cast<Device*>(gpu.get()), static_cast<Device*>(&cpu)}) {
    float* const at = device == gpu.get() ? p.on_gpu.data() : p.on_cpu.data();
    device->begin_copy_out(at, 101);
    device->end_copy_out(at, 101);
    const Floats seen(device->host_view(at, 101), device->host_view(at, 101) + 101);
    EXPECT_TRUE(same(seen, read(*device, at, 101)));
    std::ranges::copy(others, device->host_view(at, 101));
    device->begin_copy_in(at, 101);
    device->end_copy_in(at, 101);
  }
  EXPECT_TRUE(p.equal());
  EXPECT_FALSE(same(read(*gpu, p.on_gpu, 101), others));  // but rounded
  EXPECT_THROW(gpu->fill(p.on_gpu.data() + 1, 0, 1), std::logic_error);
  const Both six(*gpu, cpu, Floats(6, 1), true);
  EXPECT_THROW(gpu->fill(six.on_gpu.data() + 2, 0, 1), std::logic_error);
  EXPECT_NO_THROW(gpu->fill(six.on_gpu.data() + 3, 0, 0));  // behind six numbers begins what is another one's
}

// Data and pipeline splits have the bits of one rank, as on the CPU. Sums have another order than there, so the losses are the same to
// the size of a rounding: half of a spacing of bf16, 2^-8. Memory is by the formula for two bytes.
TEST_P(OnGpu, TrainsOnTheGrid) {
  const Dataset d = data();
  const HybridSettings plain = settings("momentum", 5, true);
  const auto train_on = [&](Device& device, const Grid& grid, std::vector<double>& losses) {
    HybridSettings s = plain;
    s.activation_bytes = 2;
    HybridModel model(device, grid, s);
    model.initialize(1);
    losses = train(model, d, 0, 4);
    const GridFootprint found = counted_footprint(device), formula = predict_footprint(s, grid.shape, grid.place);
    EXPECT_ON_ALL_RANKS(found == formula) << to_string(grid.shape) << ": activations " << found.activations << ", " << formula.activations;
    return model.weights();
  };
  std::vector<double> losses, alone, on_cpu;
  const Grid one({1, 1, 1}, MPI_COMM_SELF);
  const Floats expected = train_on(*gpu, one, alone);
  train_on(cpu, one, on_cpu);
  for (size_t i = 0; i < alone.size(); ++i) EXPECT_ON_ALL_RANKS(std::abs(alone[i] - on_cpu[i]) <= 0x1p-8 * on_cpu[i]) << i << ": " << alone[i] << ", " << on_cpu[i];
  for (const GridShape& shape : shapes_of(ranks())) {
    FewerBitsCudaDevice device(GetParam(), rank() % count_gpus());
    const Floats weights = train_on(device, grid_of(shape), losses);
    if (shape.tensor > 1) continue;  // other sums: other bits
    EXPECT_ON_ALL_RANKS(compare(weights, expected).same_bits() && losses == alone) << to_string(shape);
  }
}

}  // namespace
