// Do the kernels compute on this GPU what chapter 01 computes? A check without any test library, for a GPU that is lent for some
// minutes. It prints a line as soon as it knows it, and ends with 1 if a line says WRONG.
//
//   check_kernels            every step of the product in the shapes of a training step and at the edges; a training
//   check_kernels --small    small shapes only, for compute-sanitizer, under which everything takes a hundred times as long
//   check_kernels --once     nothing is compared: one product by each step, for a profiler
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "chapters/01_serial/cpu_device.h"
#include "chapters/01_serial/head.h"
#include "chapters/01_serial/optimizer.h"
#include "chapters/03_fast_kernels/fast_cuda_device.h"
#include "chapters/03_fast_kernels/fused.h"
#include "chapters/03_fast_kernels/matmul_steps.h"
#include "chapters/03_fast_kernels/shapes.h"
#include "common/compare.h"
#include "common/options.h"
#include "common/philox.h"

namespace {

bool all_right = true;

// The largest of some distances. A NaN is never within a bound, and so it is WRONG.
struct Verdict {
  double bound = 0, largest = 0;
  bool right = true;
  void add(const Distance& d) {
    right = right && d.within(bound);
    largest = std::max(largest, d.max_abs);
  }
  void say(const std::string& what) const {
    std::printf("%s  %-26s largest difference %g\n", right ? "right" : "WRONG", what.c_str(), largest);
    std::fflush(stdout);
    all_right = all_right && right;
  }
};

using Floats = std::vector<float>;

// Small integers: every sum of their products is exact, in a bfloat16, too.
Floats small_integers(size_t n, uint32_t stream) {
  Floats values(n);
  for (size_t i = 0; i < n; ++i) values[i] = float(int(random_words(1, RandomStream::data, stream, i)[0] % 7) - 3);
  return values;
}

void check_products(FastCudaDevice& gpu, bool small) {
  CpuDevice cpu;
  const std::vector<fast::Step>& steps = fast::matmul_steps();
  std::vector<fast::Shape> shapes = fast::products_at_edges();
  if (!small)
    for (const fast::Shape& s : fast::products_of_a_step({784, 512, 256, 10}, 128)) shapes.push_back(s);
  std::vector<Verdict> verdicts(steps.size());
  Verdict bits, masked;
  for (const fast::Shape& s : shapes) {
    const size_t a_size = size_t(s.m) * size_t(s.k), b_size = size_t(s.k) * size_t(s.n);
    fast::Operands on_cpu(cpu, s), on_gpu(gpu, s);
    const auto result = [&](const fast::Step& step) {
      gpu.fill(on_gpu.c(), NAN, size_t(s.m) * size_t(s.n));
      gpu.set_matmul(step.matmul);
      gpu.matmul(on_gpu.c(), on_gpu.a(), on_gpu.b(), s.m, s.n, s.k, {});
      return on_gpu.result();
    };
    const Floats a = small_integers(a_size, 0), b = small_integers(b_size, 1);
    on_cpu.fill(a, b), on_gpu.fill(a, b);
    cpu.matmul(on_cpu.c(), on_cpu.a(), on_cpu.b(), s.m, s.n, s.k, {});
    for (size_t i = 0; i < steps.size(); ++i)
      if (fast::can_run(steps[i])) verdicts[i].add(compare(result(steps[i]), on_cpu.result()));

    // Steps in float add in one order: the same bits for numbers that are rounded, too.
    on_gpu.fill(test_floats(a_size), test_floats(b_size, 1));
    const Floats first = result(steps[0]);
    for (const fast::Step& step : steps)
      if (step.input_rounding == 0) bits.add(compare(result(step), first));

    // Backward through a ReLU in the product, in every shape of block: the bits of two kernels.
    const size_t c_size = size_t(s.m) * size_t(s.n);
    const Buffer<> mask(gpu, c_size, Purpose::workspace);
    gpu.copy_in(mask.data(), small_integers(c_size, 2).data(), c_size);
    gpu.copy_in(on_gpu.c(), first.data(), c_size);
    gpu.relu_backward(on_gpu.c(), mask, c_size);
    const Floats by_two = on_gpu.result();
    for (const int edge : {32, 64, 128}) {
      gpu.fill(on_gpu.c(), NAN, c_size);
      fast::matmul_masked(on_gpu.c(), on_gpu.a(), on_gpu.b(), mask, s.m, s.n, s.k, gpu.stream(), edge);
      masked.add(compare(on_gpu.result(), by_two));
    }
  }
  for (size_t i = 0; i < steps.size(); ++i)
    if (fast::can_run(steps[i])) verdicts[i].say(steps[i].name);
  bits.say("the same bits in float");
  masked.say("masked product");
  gpu.set_matmul(fast::matmul_three_shapes);
}

// Weights after some steps.
Floats trained(Device& device, const std::string& rule) {
  const int rows = 33, steps = 10;
  const Layout layout = make_layout({784, 60, 10});
  Floats weights(layout.count);
  initialize(weights.data(), layout, 1);
  Dataset data{size_t(rows), 28, 28, std::vector<uint8_t>(size_t(rows) * 784), std::vector<uint8_t>(size_t(rows))};
  for (size_t i = 0; i < data.pixels.size(); ++i) data.pixels[i] = uint8_t(random_words(1, RandomStream::data, 2, i)[0]);
  for (size_t r = 0; r < data.count; ++r) data.labels[r] = uint8_t(r % 10);
  const Buffer<> parameters(device, layout.count, Purpose::parameters), gradients(device, layout.count, Purpose::gradients);
  device.copy_in(parameters.data(), weights.data(), layout.count);
  const Space space{.rows = rows};
  Mlp mlp(device, layout, parameters, gradients, space);
  SoftmaxHead head(device, space);
  Optimizer optimizer(device, {.name = rule, .learning_rate = 0.01}, layout.count);
  const std::vector<uint32_t> order = permutation(1, 0, data.count);
  for (int step = 0; step < steps; ++step) {
    load_images(mlp, data, order, {0, data.count});
    head.load_labels(data, order, {0, data.count});
    mlp.forward(rows);
    head.backward(mlp, rows);
    mlp.backward(Write::overwrite);
    head.loss(mlp, rows);
    optimizer.step(parameters, gradients);
  }
  device.copy_out(weights.data(), parameters.data(), layout.count);
  return weights;
}

// Ten steps: each moves a weight by at most about the learning rate, 0.01, so 1e-4 is a thousandth of the way. Roundings are
// far below that, and a kernel that is wrong somewhere is not.
void check_training(FastCudaDevice& fast_gpu) {
  CpuDevice cpu;
  CudaDevice plain_gpu;
  for (const char* rule : {"sgd", "momentum", "adam"}) {
    const Floats expected = trained(cpu, rule);
    for (Device* gpu : {static_cast<Device*>(&plain_gpu), static_cast<Device*>(&fast_gpu)}) {
      Verdict verdict{.bound = 1e-4};
      verdict.add(compare(trained(*gpu, rule), expected));
      verdict.say(std::string(rule) + (gpu == &plain_gpu ? ", chapter 02" : ", chapter 03"));
    }
  }
}

void once(FastCudaDevice& gpu, int edge) {
  const size_t n = size_t(edge) * size_t(edge);
  const Buffer<> a(gpu, n, Purpose::workspace), b(gpu, n, Purpose::workspace), c(gpu, n, Purpose::workspace);
  for (const Buffer<>* operand : {&a, &b}) gpu.fill(*operand, 1, n);
  for (const fast::Step& step : fast::matmul_steps()) {
    if (!fast::can_run(step)) continue;
    gpu.set_matmul(step.matmul);
    gpu.matmul(c, row_major(a, edge), row_major(b, edge), edge, edge, edge, {});
  }
  gpu.synchronize();
  std::printf("each step once, %d x %d x %d\n", edge, edge, edge);
}

}  // namespace

int main(int argc, char** argv) try {
  bool small = false, only_once = false;
  Options options("Checks the kernels of chapters 02 and 03 on the GPU at hand.");
  options.add("small", &small, "small products only");
  options.add("once", &only_once, "one product by each step, and no comparison");
  if (!options.parse(argc, argv)) return 0;

  FastCudaDevice gpu;
  std::printf("%s\n", gpu.name().c_str());
  if (only_once) return once(gpu, small ? 128 : 2048), 0;
  check_products(gpu, small);
  check_training(gpu);
  std::printf("%s\n", all_right ? "all right" : "something is WRONG");
  return all_right ? 0 : 1;
} catch (const Error& error) {
  return fail(error);
}
