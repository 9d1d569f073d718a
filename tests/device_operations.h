// What every Device must do, checked against the CPU device: used by the tests of all devices that are not the CPU.
//
// Inputs are small integers wherever the arithmetic allows it: then every sum is exact in any order, and the results must
// be equal. Elsewhere a bound is computed from the inputs, with its reason beside it.
#pragma once

#include <gtest/gtest.h>

#include <cfloat>
#include <cmath>
#include <functional>
#include <numeric>
#include <string>
#include <vector>

#include "chapters/01_serial/cpu_device.h"
#include "common/compare.h"
#include "common/end_program.h"
#include "common/philox.h"
#include "tests/program.h"

namespace device_operations {

using Floats = std::vector<float>;

// Values that depend on (stream, index) only, so that any part of a matrix can be made again.
inline Floats random_floats(size_t n, uint32_t stream) {
  Floats values(n);
  for (size_t i = 0; i < n; ++i)
    values[i] = 2 * uniform(random_words(5, RandomStream::test, stream, i)[0]) - 1;
  return values;
}
inline Floats small_integers(size_t n, uint32_t stream) {
  Floats values(n);
  for (size_t i = 0; i < n; ++i)
    values[i] = float(int(random_words(5, RandomStream::test, stream, i)[0] % 7) - 3);
  return values;
}

// A host array's copy on a device, and back.
template <class T = float>
struct Copied : Buffer<T> {
  Copied(Device& device, const std::vector<T>& values)
      : Buffer<T>(device, values.size(), Purpose::workspace) {
    device.copy_in(this->data(), values.data(), values.size());
  }
  std::vector<T> host() const {
    std::vector<T> values(this->size());
    this->device().copy_out(values.data(), this->data(), values.size());
    return values;
  }
};

inline void expect_same(const Floats& actual, const Floats& expected, const std::string& what) {
  ASSERT_EQ(actual.size(), expected.size()) << what;
  for (size_t i = 0; i < actual.size(); ++i)
    ASSERT_EQ(actual[i], expected[i]) << what << ", element " << i << " of " << actual.size();
}

inline void expect_near(const Floats& actual, const Floats& expected,
                        const std::function<double(size_t)>& bound, const std::string& what) {
  ASSERT_EQ(actual.size(), expected.size()) << what;
  for (size_t i = 0; i < actual.size(); ++i)
    ASSERT_TRUE(std::abs(double(actual[i]) - double(expected[i])) <= bound(i))
        << what << ", element " << i << ": " << actual[i] << " instead of " << expected[i] << ", bound "
        << bound(i);
}

// Sizes at which a kernel with tiles of `edge` has something to get wrong: one, two, just under, at and over one tile, over
// two tiles, and one that is a multiple of nothing.
inline std::vector<int> sizes_around(int edge) {
  std::vector<int> sizes = {1, 2, edge - 1, edge, edge + 1, 2 * edge + 1, 130};
  std::erase_if(sizes, [](int size) { return size < 1; });
  return sizes;
}

// --- Products ----------------------------------------------------------------------------------------------------------

enum class Transposition { none, left, right };
inline const Transposition transpositions[] = {Transposition::none, Transposition::left,
                                               Transposition::right};

// One product c (m, n) = a (m, k) · b (k, n), with a or b stored transposed, through the layer operation that has it.
struct Product {
  Transposition transposition;
  int m, n, k;

  std::string name() const {
    const char* names[] = {"x w", "xT dy", "dy wT"};
    return std::string(names[int(transposition)]) + " of " + std::to_string(m) + " x " + std::to_string(n) +
           " x " + std::to_string(k);
  }
  void run(Device& device, float* c, const float* a, const float* b, Write write) const {
    if (transposition == Transposition::none) {
      ASSERT_EQ(write, Write::overwrite);
      device.linear_forward(c, a, b, nullptr, Activation::none, m, k, n);
    }
    if (transposition == Transposition::left) device.linear_backward_weights(c, a, b, write, k, m, n);
    if (transposition == Transposition::right) device.linear_backward_input(c, a, b, write, m, n, k);
  }
  Floats result(Device& device, const Floats& a, const Floats& b) const {
    const Copied<> on_a(device, a), on_b(device, b), c(device, Floats(size_t(m) * size_t(n), NAN));
    run(device, c, on_a, on_b, Write::overwrite);
    return c.host();
  }
  size_t a_size() const { return size_t(m) * size_t(k); }
  size_t b_size() const { return size_t(k) * size_t(n); }
};

// Integers below 4 in magnitude: a sum of k <= 1000 products stays below 2^24, where floats are exact, so the result
// must be equal. (They are also exact in the 8 bits of a bfloat16.)
inline void expect_exact_product(Device& device, Device& cpu, const Product& p) {
  const Floats a = small_integers(p.a_size(), 1), b = small_integers(p.b_size(), 2);
  expect_same(p.result(device, a, b), p.result(cpu, a, b), p.name());
}

// All sizes of rows with all sizes of columns, and all lengths of the sum, for every transposition.
inline void expect_exact_products(Device& device, int edge) {
  CpuDevice cpu;
  for (Transposition t : transpositions) {
    for (int m : sizes_around(edge))
      for (int n : sizes_around(edge)) expect_exact_product(device, cpu, {t, m, n, 5});
    for (int k : sizes_around(edge)) expect_exact_product(device, cpu, {t, edge + 1, edge - 1, k});
    expect_exact_product(device, cpu, {t, edge + 3, 10, edge + 3});  // ten columns: the last layer
    expect_exact_product(device, cpu, {t, 10, 10, 10});
    expect_exact_product(device, cpu, {t, 3, 3, 0});  // a sum of nothing is 0
  }
}

// Two sums of the same k products in different order, each addition rounded, lie within 2 (k + 1) u sum |a b| of each other,
// where u is the rounding unit 2^-24; a multiplier that rounds its inputs by a relative `input_rounding` first is off by
// twice that of each product. (Tensor cores add with a few bits less than a float has: hence 2^-22.)
inline void expect_close_products(Device& device, int edge, double input_rounding = 0) {
  CpuDevice cpu;
  for (Transposition t : transpositions) {
    const Product p{t, edge + 1, 2 * edge + 1, 130};
    const Floats a = random_floats(p.a_size(), 1), b = random_floats(p.b_size(), 2);
    Floats a_sizes = a, b_sizes = b;
    for (float& x : a_sizes) x = std::abs(x);
    for (float& x : b_sizes) x = std::abs(x);
    const Floats sums = p.result(cpu, a_sizes, b_sizes);
    const double unit = 2.01 * input_rounding + 2 * (p.k + 1) * (input_rounding > 0 ? 0x1p-22 : 0x1p-24);
    expect_near(
        p.result(device, a, b), p.result(cpu, a, b), [&](size_t i) { return unit * sums[i]; }, p.name());
  }
}

// The arithmetic contract: every row, and every column, computed alone has the bits that it has among others; and an
// accumulated product is the finished product, added once.
inline void expect_contract(Device& device, int edge) {
  const int rows = edge + 2, in = edge + 3, out = edge + 1;
  const Floats x = random_floats(size_t(rows) * size_t(in), 3),
               w = random_floats(size_t(in) * size_t(out), 4);
  const Product whole{Transposition::none, rows, out, in};
  const Floats y = whole.result(device, x, w);
  const Copied<> on_x(device, x), on_w(device, w);
  for (int r = 0; r < rows; ++r) {
    const Copied<> row(device, Floats(size_t(out), NAN));
    device.linear_forward(row, on_x + size_t(r) * size_t(in), on_w, nullptr, Activation::none, 1, in, out);
    expect_same(row.host(), Floats(y.begin() + r * out, y.begin() + (r + 1) * out),
                "row " + std::to_string(r) + " alone");
  }
  for (int j = 0; j < out; ++j) {
    Floats column(static_cast<size_t>(in)), expected(static_cast<size_t>(rows));
    for (int i = 0; i < in; ++i) column[size_t(i)] = w[size_t(i) * size_t(out) + size_t(j)];
    for (int r = 0; r < rows; ++r) expected[size_t(r)] = y[size_t(r) * size_t(out) + size_t(j)];
    expect_same(Product{Transposition::none, rows, 1, in}.result(device, x, column), expected,
                "column " + std::to_string(j) + " alone");
  }
  for (Transposition t : {Transposition::left, Transposition::right}) {
    const Product p{t, rows, out, in};
    const Floats a = random_floats(p.a_size(), 5), b = random_floats(p.b_size(), 6);
    const Floats start = random_floats(size_t(rows) * size_t(out), 7), product = p.result(device, a, b);
    const Copied<> c(device, start), on_a(device, a), on_b(device, b);
    p.run(device, c, on_a, on_b, Write::accumulate);
    Floats expected(start.size());
    for (size_t i = 0; i < start.size(); ++i) expected[i] = start[i] + product[i];
    expect_same(c.host(), expected, p.name() + " accumulated");
  }
}

// --- Bias, activation and their gradients --------------------------------------------------------------------------------

inline void expect_bias_and_activation(Device& device) {
  CpuDevice cpu;
  for (Activation activation : {Activation::none, Activation::relu})
    for (int rows : {0, 1, 2, 33, 130})
      for (int out : {1, 2, 10, 31, 33, 257}) {
        const std::string what = std::to_string(rows) + " rows, " + std::to_string(out) + " columns";
        const int in = 3;
        const Floats x = small_integers(size_t(rows) * in, 1),
                     w = small_integers(size_t(in) * size_t(out), 2);
        const Floats b = small_integers(size_t(out), 3), y = small_integers(size_t(rows) * size_t(out), 4);
        auto outputs = [&](Device& d) {
          const Copied<> on_x(d, x), on_w(d, w), on_b(d, b), forward(d, Floats(y.size(), NAN)), added(d, y);
          d.linear_forward(forward, on_x, on_w, on_b, activation, rows, in, out);
          d.add_bias(added, on_b, activation, rows, out);
          Floats both = forward.host(), second = added.host();
          both.insert(both.end(), second.begin(), second.end());
          return both;
        };
        expect_same(outputs(device), outputs(cpu), what);
        auto sums = [&](Device& d, Write write) {
          const Copied<> on_y(d, y), db(d, b);
          d.linear_backward_bias(db, on_y, write, rows, out);
          return db.host();
        };
        for (Write write : {Write::overwrite, Write::accumulate})
          expect_same(sums(device, write), sums(cpu, write), "column sums, " + what);
      }
}

// Also: NaN must not vanish in an activation, or a diverged run would look healthy.
inline void expect_relu_mask(Device& device) {
  const Floats y = {0.0f, -0.0f, 1e-30f, -1.0f, 2.0f, NAN}, dy = {1, 2, 3, 4, 5, 6};
  const Copied<> on_y(device, y), on_dy(device, dy);
  device.relu_backward(on_dy, on_y, y.size());
  expect_same(on_dy.host(), {0, 0, 3, 0, 5, 0}, "relu_backward");
  const Copied<> activated(device, y), zero(device, Floats(1, 0.0f));
  device.add_bias(activated, zero, Activation::relu, int(y.size()), 1);
  EXPECT_TRUE(std::isnan(activated.host().back()));
}

// --- Softmax cross-entropy -------------------------------------------------------------------------------------------------

struct LossResult {
  Floats loss, dz;
};

inline LossResult softmax_at_once(Device& device, const Floats& z, const std::vector<int>& labels,
                                  float scale, int classes, bool in_place) {
  const int rows = int(labels.size());
  const Copied<> on_z(device, z), loss(device, Floats(labels.size(), NAN)), dz(device, Floats(z.size(), NAN));
  const Copied<int> on_labels(device, labels);
  device.softmax_cross_entropy(loss, in_place ? on_z : dz, on_z, on_labels, scale, rows, classes);
  return {loss.host(), in_place ? on_z.host() : dz.host()};
}

// The classes split over two parts, as in chapter 09.
inline LossResult softmax_in_parts(Device& device, const Floats& z, const std::vector<int>& labels,
                                   float scale, int classes, int first_part) {
  const size_t rows = labels.size();
  Floats maximum(rows, -INFINITY), sum(rows, 0.0f), parts[2];
  const int first[] = {0, first_part, classes};
  for (int part = 0; part < 2; ++part)
    for (size_t r = 0; r < rows; ++r)
      for (int j = first[part]; j < first[part + 1]; ++j)
        parts[part].push_back(z[r * size_t(classes) + size_t(j)]);
  auto width = [&](int part) { return first[part + 1] - first[part]; };

  for (int part = 0; part < 2; ++part) {
    const Copied<> on_z(device, parts[part]), result(device, Floats(rows, NAN));
    device.row_max(result, on_z, int(rows), width(part));
    const Floats host = result.host();
    for (size_t r = 0; r < rows; ++r) maximum[r] = std::max(maximum[r], host[r]);
  }
  const Copied<> on_maximum(device, maximum);
  for (int part = 0; part < 2; ++part) {
    const Copied<> on_z(device, parts[part]), result(device, Floats(rows, NAN));
    device.row_exp_sum(result, on_z, on_maximum, int(rows), width(part));
    const Floats host = result.host();
    for (size_t r = 0; r < rows; ++r) sum[r] += host[r];
  }
  const Copied<> on_sum(device, sum);
  const Copied<int> on_labels(device, labels);
  LossResult all{Floats(rows, 0.0f), Floats(z.size(), NAN)};
  for (int part = 0; part < 2; ++part) {
    const Copied<> on_z(device, parts[part]), loss(device, Floats(rows, NAN));
    device.softmax_finish(loss, on_z, on_z, on_maximum, on_sum, on_labels, scale, int(rows), width(part),
                          first[part]);
    const Floats host_loss = loss.host(), dz = on_z.host();
    for (size_t r = 0; r < rows; ++r) {
      all.loss[r] += host_loss[r];
      for (int j = 0; j < width(part); ++j)
        all.dz[r * size_t(classes) + size_t(first[part] + j)] = dz[r * size_t(width(part)) + size_t(j)];
    }
  }
  return all;
}

// Numbers far below zero, whose exponentials vanish unless the maximum is subtracted, which is below zero, too.
inline void expect_softmax_of_low_numbers(Device& device) {
  const LossResult r = softmax_at_once(device, {-1000, -1000, -3e38f, -500, -2000, -2000}, {1, 0}, 1, 3, false);
  expect_near(r.loss, {std::log(2.0f), 0}, [](size_t) { return 2 * FLT_EPSILON; }, "loss");
  expect_near(r.dz, {0.5f, -0.5f, 0, 0, 0, 0}, [](size_t) { return 2 * FLT_EPSILON; }, "dz");
}

inline void expect_softmax(Device& device) {
  CpuDevice cpu;
  expect_softmax_of_low_numbers(device);
  for (int rows : {0, 1, 2, 3, 33})  // 3: a little more than before, so that memory for what is between must grow
    for (int classes : {1, 2, 10, 31, 32, 33, 65, 130, 300}) {
      const std::string what = std::to_string(rows) + " rows, " + std::to_string(classes) + " classes";
      Floats z = random_floats(size_t(rows) * size_t(classes), 1);
      for (float& value : z)
        value *= 50;  // exp(50) is far above what a sum of floats could hold without the maximum
      std::vector<int> labels(static_cast<size_t>(rows));
      for (int r = 0; r < rows; ++r)
        labels[size_t(r)] = r % 5 == 4 ? classes + 1 : r % classes;  // some select no class

      // Sums of up to 300 terms in another order differ by at most 300 roundings, exp and log by two each; the loss adds
      // maximum - z, a number up to 100 that is rounded once.
      auto loss_bound = [&](size_t) { return 320 * FLT_EPSILON + 100 * FLT_EPSILON; };
      auto dz_bound = [&](size_t) { return 0.5 * 320 * FLT_EPSILON; };
      const LossResult expected = softmax_at_once(cpu, z, labels, 0.5f, classes, false);
      for (bool in_place : {false, true}) {
        const LossResult r = softmax_at_once(device, z, labels, 0.5f, classes, in_place);
        expect_near(r.loss, expected.loss, loss_bound, "loss, " + what);
        expect_near(r.dz, expected.dz, dz_bound, "dz, " + what);
      }
      for (int first_part : {0, 1, classes / 2}) {
        const LossResult r = softmax_in_parts(device, z, labels, 0.5f, classes, first_part);
        expect_near(r.loss, expected.loss, loss_bound, "loss in two parts, " + what);
        expect_near(r.dz, expected.dz, dz_bound, "dz in two parts, " + what);
      }
    }
}

// --- Vectors ---------------------------------------------------------------------------------------------------------------

struct State {
  Floats w, m, v;
};

// Three steps of every update rule, in two ranges cut at `cut`.
inline std::vector<Floats> updates(Device& device, size_t n, size_t cut) {
  const Floats g = random_floats(n, 1), w = random_floats(n, 2);
  const Copied<> on_g(device, g), sgd(device, w), momentum(device, w), velocity(device, Floats(n, 0.0f));
  const Copied<> adam(device, w), m(device, Floats(n, 0.0f)), v(device, Floats(n, 0.0f)), sum(device, w),
      scaled(device, w);
  const size_t bounds[] = {0, cut, n};
  for (int step = 1; step <= 3; ++step)
    for (int part = 0; part < 2; ++part) {
      const size_t i = bounds[part], count = bounds[part + 1] - i;
      device.sgd(sgd + i, on_g + i, 0.1f, count);
      device.momentum(momentum + i, velocity + i, on_g + i, 0.1f, 0.9f, count);
      device.adam(adam + i, m + i, v + i, on_g + i, 0.01f, 0.9f, 0.999f, 1e-8f, step, count);
      device.add(sum + i, on_g + i, count);
      device.scale(scaled + i, 0.7f, count);
    }
  return {sgd.host(), momentum.host(), velocity.host(), adam.host(),
          m.host(),   v.host(),        sum.host(),      scaled.host()};
}

inline void expect_vectors(Device& device) {
  CpuDevice cpu;
  const std::string names[] = {"sgd", "momentum", "velocity", "adam", "adam m", "adam v", "add", "scale"};
  for (size_t n : {0, 1, 2, 255, 256, 257, 1000}) {
    const std::vector<Floats> actual = updates(device, n, n), expected = updates(cpu, n, n);
    for (size_t rule = 0; rule < actual.size(); ++rule)
      // Numbers up to 2, about ten operations a step, of which a GPU fuses some and rounds once less: three steps differ by
      // some tens of roundings.
      expect_near(
          actual[rule], expected[rule], [](size_t) { return 40 * FLT_EPSILON; },
          names[rule] + ", n " + std::to_string(n));
    // The update of [0, n) is the updates of [0, s) and [s, n), bit for bit.
    const std::vector<Floats> in_parts = updates(device, n, n / 3);
    for (size_t rule = 0; rule < actual.size(); ++rule)
      expect_same(in_parts[rule], actual[rule], names[rule] + " in two parts");
  }
  // A gradient as small as epsilon: Adam's first step is half of the rate, g / (|g| + epsilon) of it.
  const Copied<> w(device, {0, 0}), m(device, {0, 0}), v(device, {0, 0}), g(device, {1e-8f, -1e-8f});
  device.adam(w, m, v, g, 1, 0.9f, 0.999f, 1e-8f, 1, 2);
  expect_near(w.host(), {-0.5f, 0.5f}, [](size_t) { return 1e-3; }, "adam's epsilon");
}

inline void expect_fill_and_copy(Device& device) {
  for (size_t n : {0, 1, 2, 255, 256, 257, 1000}) {
    const Copied<> from(device, random_floats(n + 2, 1)), to(device, Floats(n + 2, 7.0f));
    device.copy(to + 1, from + 1, n);
    Floats expected = random_floats(n + 2, 1);
    expected.front() = expected.back() = 7;
    expect_same(to.host(), expected, "copy");
    device.fill(to + 1, 0.5f, n);
    std::fill(expected.begin() + 1, expected.end() - 1, 0.5f);
    expect_same(to.host(), expected, "fill");
  }
}

// --- Memory and views --------------------------------------------------------------------------------------------------------

// One view for the whole allocation; copies run in the order that begin and end promise.
inline void expect_views(Device& device) {
  const size_t n = 1000, middle = 300;
  const Floats values = random_floats(n, 1);
  const Copied<> p(device, values);
  float* view = device.host_view(p, n);
  EXPECT_EQ(device.host_view(p + middle, 10), view + middle);

  device.scale(p, 2.0f, n);  // still in the queue when the copies begin: they must wait for it
  device.begin_copy_out(p, middle);
  device.begin_copy_out(p + middle, n - middle);
  device.end_copy_out(p + middle, n - middle);
  device.end_copy_out(p, middle);
  for (size_t i = 0; i < n; ++i) ASSERT_EQ(view[i], 2 * values[i]) << i;

  for (size_t i = 0; i < n; ++i) view[i] = 1;
  const Copied<> before(device, Floats(n, 0.0f));
  device.copy(before, p, n);  // reads the old values: it was issued before the copy in
  device.begin_copy_in(p, n);
  device.end_copy_in(p, n);
  device.scale(p, 3.0f, n);  // sees the new ones
  expect_same(p.host(), Floats(n, 3.0f), "after copy in");
  const Floats kept = before.host();
  for (size_t i = 0; i < n; ++i) ASSERT_EQ(kept[i], 2 * values[i]) << i;

  // A range may be copied again and again; synchronize waits for copies, too.
  for (int round = 0; round < 3; ++round) {
    device.scale(p, 2.0f, n);
    device.begin_copy_out(p, n);
    device.synchronize();
    EXPECT_EQ(view[n - 1], float(6 << round));
    device.end_copy_out(p, n);
  }
}

// With which status an operation ends the program; 0 if it does not.
inline int refused_status(const std::function<void()>& operation) {
  struct Ended {
    int status;
  };
  const auto before = end_program;
  end_program = [](int status) { throw Ended{status}; };
  int status = 0;
  try {
    operation();
  } catch (const Ended& ended) {
    status = ended.status;
  }
  end_program = before;
  return status;
}

// What is written when an operation ends the program, behind a line that was printed before.
inline std::string refused(const std::function<void()>& operation) {
  int status = 0;
  const std::string text = written_by([&] {
    std::printf("printed before\n");
    status = refused_status(operation);
  });
  EXPECT_EQ(status, 1);
  return text;
}

// Each operation is a launch that cannot start, of more blocks than a grid may have: the line behind it must say so and end the
// program, before anything else is tried. (CUDA on the CPU has a line of its own before.)
inline void expect_refused(const std::vector<std::function<void()>>& operations) {
  for (size_t i = 0; i < operations.size(); ++i) {
    const std::string text = refused(operations[i]);
    EXPECT_TRUE(text.starts_with("printed before\n") && text.ends_with(" (cudaErrorInvalidConfiguration)\n")) << i << ": " << text;
    EXPECT_TRUE(text.find("\nchapters/0") < text.find(": cudaGetLastError(): ")) << i << ": " << text;
    EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 3) << i << ": " << text;
  }
}

inline void expect_memory_is_counted(Device& device) {
  const size_t before = device.memory(Purpose::exchange).live;
  {
    const Buffer<> a(device, 100, Purpose::exchange), none(device, 0, Purpose::exchange);
    device.host_view(a, 100);
    EXPECT_EQ(device.memory(Purpose::exchange).live - before, 400u);
  }
  EXPECT_EQ(device.memory(Purpose::exchange).live, before);
}

}  // namespace device_operations
