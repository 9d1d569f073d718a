// Formats against plain definitions of their numbers, the device against chapter 01's with rounded operands, loss scaling, and what
// becomes of weights of 16 bits. One process.
#include <gtest/gtest.h>

#if defined(__F16C__)
#include <immintrin.h>
#endif

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "chapters/11_fewer_bits/exponents.h"
#include "chapters/11_fewer_bits/fewer_bits_device.h"
#include "chapters/11_fewer_bits/loss_scale.h"
#include "chapters/11_fewer_bits/stored_weights.h"
#include "common/compare.h"
#include "common/error.h"
#include "common/philox.h"
#include "tests/data_sets.h"
#include "tests/error_of.h"
#include "tests/walled_new.h"

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
using Floats = std::vector<float>;

// --- A format a second time: the list of all its positive numbers, in their order. Its index is a number's bits. -------------

struct Plain {
  int exponent_bits, fraction_bits;
  bool denormals;
  std::vector<double> values;

  Plain(int exponent_bits, int fraction_bits, bool denormals) : exponent_bits(exponent_bits), fraction_bits(fraction_bits), denormals(denormals) {
    const int bias = (1 << (exponent_bits - 1)) - 1, fractions = 1 << fraction_bits;
    for (int e = 0; e < (1 << exponent_bits) - 1; ++e)
      for (int f = 0; f < fractions; ++f)
        values.push_back(e == 0 ? std::ldexp(f, 1 - bias - fraction_bits) : std::ldexp(fractions + f, e - bias - fraction_bits));
  }
  // The nearest number, by comparing; halfway, the one with even bits. Behind the largest one comes what would have even bits: infinity.
  double nearest(float x) const {
    const double size = std::abs(double(x)), last = values.back(), step = last - values[values.size() - 2];
    if (size >= last + step / 2) return std::copysign(double(infinity), x);
    const size_t above = size_t(std::ranges::lower_bound(values, size) - values.begin());
    size_t i = above;
    if (above == values.size()) i = above - 1;
    else if (above > 0) {
      const double down = size - values[above - 1], up = values[above] - size;
      i = down < up || (down == up && above % 2 == 1) ? above - 1 : above;
    }
    if (!denormals && i < size_t(1) << fraction_bits) i = 0;
    return std::copysign(values[i], x);
  }
};

// Bits of floats: all sorts, and around everything that decides about rounding to this format.
Floats hard_floats(const Plain& format) {
  Floats all = {0.0f, -0.0f, infinity, -infinity, 0x1p-149f, -0x1p-149f, 0x1.fffffep127f, 0x1p-126f};
  for (uint32_t i = 0; i < 40000; ++i) all.push_back(std::bit_cast<float>(random_words(3, RandomStream::test, 0, i)[0]));
  const size_t stride = format.values.size() > 40000 ? 7 : 1;
  for (size_t i = 0; i + 1 < format.values.size(); i += stride) {
    const float middle = float((format.values[i] + format.values[i + 1]) / 2), value = float(format.values[i]);
    for (float x : {value, middle, std::nextafter(middle, 0.0f), std::nextafter(middle, infinity), -middle}) all.push_back(x);
  }
  const double last = format.values.back(), over = last + (last - format.values[format.values.size() - 2]) / 2;
  if (over < 0x1.ffffffp127)  // halfway to what would come next
    for (float x : {float(last), float(over), std::nextafter(float(over), 0.0f), -float(over)}) all.push_back(x);
  std::erase_if(all, [](float x) { return std::isnan(x); });
  return all;
}

// Equal, and zeros of one sign.
bool same(double a, double b) { return a == b && std::signbit(a) == std::signbit(b); }

TEST(Formats, RoundToTheNearestNumber) {
  for (const Format& f : {tf32_format, bf16_format, half_format, half_flushed_format}) {
    const Plain plain(f.exponent_bits, f.fraction_bits, f.denormals);
    EXPECT_EQ(f.largest(), plain.values.back()) << f.name;
    EXPECT_EQ(f.smallest_normal(), plain.values[size_t(1) << f.fraction_bits]) << f.name;
    EXPECT_EQ(f.smallest(), f.denormals ? plain.values[1] : f.smallest_normal()) << f.name;
    size_t wrong = 0;
    for (float x : hard_floats(plain))
      if (!same(rounded(x, f), std::isinf(x) ? x : plain.nearest(x)) && wrong++ < 5)
        ADD_FAILURE() << f.name << ": " << x << " became " << rounded(x, f) << ", not " << plain.nearest(x);
    EXPECT_EQ(wrong, 0u);
    EXPECT_TRUE(std::isnan(rounded(std::nanf(""), f)));
  }
  EXPECT_EQ(bf16_format.bits(), 16);
  EXPECT_EQ(tf32_format.bits(), 19);
  for (float x : {0.1f, -0x1p-149f, 0x1.fffffep127f}) EXPECT_EQ(rounded(x, float_format), x);
}

TEST(Formats, SpacingIsToTheNextNumber) {
  for (const Format& f : {bf16_format, half_format}) {
    const std::vector<double> values = Plain(f.exponent_bits, f.fraction_bits, true).values;
    for (size_t i = 0; i + 1 < values.size(); ++i) ASSERT_EQ(spacing(values[i], f), values[i + 1] - values[i]) << f.name << " " << values[i];
  }
}

TEST(SixteenBits, ThereAndBack) {
  for (const char* name : {"bf16", "half"}) {
    const SixteenBits& sixteen = sixteen_bits(name);
    const Plain plain(sixteen.format.exponent_bits, sixteen.format.fraction_bits, true);
    for (uint32_t bits = 0; bits < 0x10000; ++bits) {
      const uint16_t in = uint16_t(bits);
      uint16_t back = 0;
      float value = 0;
      sixteen.widen(&value, &in, 1);
      sixteen.narrow(&back, &value, 1);
      const size_t magnitude = bits & 0x7fff;
      if (magnitude < plain.values.size()) ASSERT_TRUE(same(value, std::copysign(plain.values[magnitude], bits & 0x8000 ? -1.0 : 1.0))) << name << bits;
      else if (magnitude == plain.values.size()) ASSERT_EQ(value, bits & 0x8000 ? -infinity : infinity) << name;
      else ASSERT_TRUE(std::isnan(value)) << name << bits;
      const uint32_t quiet = magnitude > plain.values.size() ? 1u << (sixteen.format.fraction_bits - 1) : 0;  // what marks a quiet NaN
      ASSERT_EQ(back | quiet, bits | quiet) << name;
    }
  }
  try {
    sixteen_bits("float");
    ADD_FAILURE() << "float has more bits";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "precision: 'float' is not one of bf16|half|half-flushed");
  }
}

TEST(SixteenBits, RoundLikeTheDefinition) {
  for (const char* name : {"bf16", "half", "half-flushed"}) {
    const SixteenBits& sixteen = sixteen_bits(name);
    const Format& f = sixteen.format;
    const Floats all = hard_floats(Plain(f.exponent_bits, f.fraction_bits, f.denormals));
    std::vector<uint16_t> bits(all.size());
    Floats values(all.size());
    sixteen.narrow(bits.data(), all.data(), all.size());
    sixteen.widen(values.data(), bits.data(), all.size());
    for (size_t i = 0; i < all.size(); ++i) ASSERT_TRUE(same(values[i], rounded(all[i], f))) << name << ": " << all[i] << " became " << values[i];
    // A NaN stays one, also one whose upper bits are zero, or would be carried away.
    for (uint32_t nan : {0x7f800001u, 0x7fffffffu, 0xffc00000u, 0x7f80ffffu, 0xff80ffffu}) {
      const float x = std::bit_cast<float>(nan);
      float value = 0;
      sixteen.narrow(bits.data(), &x, 1);
      sixteen.widen(&value, bits.data(), 1);
      EXPECT_TRUE(std::isnan(value)) << name << std::hex << nan;
      EXPECT_EQ(std::signbit(value), std::signbit(x)) << name << std::hex << nan;
    }
  }
}

#if defined(__F16C__)
TEST(SixteenBits, HalfIsThatOfTheProcessor) {
  for (float x : hard_floats(Plain(5, 10, true))) ASSERT_EQ(half_bits(x), uint16_t(_cvtss_sh(x, 0))) << x;
  for (uint32_t bits = 0; bits < 0x7c00; ++bits) ASSERT_EQ(half_value(uint16_t(bits)), _cvtsh_ss(uint16_t(bits)));
}
#else
TEST(SixteenBits, HalfIsThatOfTheProcessor) { GTEST_SKIP() << "skipped: no instructions for half"; }
#endif

// --- Stochastic rounding --------------------------------------------------------------------------------------------------

// Of all words that differ in their upper 16 bits, exactly the share goes up that the number has gone from its lower neighbour.
TEST(Stochastic, GoesUpAsOftenAsItShould) {
  struct Case {
    Format format;
    float x, below, above;
    int up;  // of 65536
  };
  for (const Case& c : {Case{bf16_format, 1 + 0x1p-9f, 1, 1 + 0x1p-7f, 16384}, Case{bf16_format, -1 - 3 * 0x1p-9f, -1, -1 - 0x1p-7f, 49152},
                        Case{half_format, 2048.5f, 2048, 2050, 16384}, Case{half_format, 0x1.8p-25f, 0, 0x1p-24f, 49152},
                        Case{bf16_format, 3.25f, 3.25f, 3.25f, 0}}) {
    int up = 0;
    for (uint32_t w = 0; w < 65536; ++w) {
      const float to = rounded_stochastically(c.x, c.format, w << 16);
      ASSERT_TRUE(to == c.below || to == c.above) << c.x << " became " << to;
      up += to != c.below;
    }
    EXPECT_EQ(up, c.up) << c.format.name << " " << c.x;
  }
  EXPECT_EQ(rounded_stochastically(65519.0f, half_format, 0), infinity);  // up, behind the largest
  EXPECT_EQ(rounded_stochastically(65519.0f, half_format, ~0u), 65504.0f);
  EXPECT_EQ(rounded_stochastically(-infinity, half_format, 0), -infinity);
}

TEST(Stochastic, TheBitsOfBf16FollowTheDefinition) {
  for (uint32_t i = 0; i < 200000; ++i) {
    const Philox4 words = random_words(5, RandomStream::test, 1, i);
    const float x = std::bit_cast<float>(words[0]);
    if (std::isnan(x)) continue;
    ASSERT_TRUE(same(bf16_value(bf16_bits_stochastic(x, words[1])), rounded_stochastically(x, bf16_format, words[1]))) << x << " " << words[1];
  }
  for (uint32_t nan : {0x7f800001u, 0x7fc00000u, 0x7fffffffu, 0xff800001u, 0xffffffffu})  // whatever the word
    for (uint32_t word : {0u, ~0u}) EXPECT_TRUE(std::isnan(bf16_value(bf16_bits_stochastic(std::bit_cast<float>(nan), word)))) << std::hex << nan;
  EXPECT_EQ(bf16_value(bf16_bits_stochastic(infinity, 0)), infinity);
}

// --- The device: what is rounded, and where. The table of the text, row by row. ---------------------------------------------

constexpr int rows = 7, in = 19, out = 13;
constexpr size_t n_x = rows * in, n_w = in * out, n_y = rows * out;

Floats rounded(Floats values, const Format& f) {
  for (float& x : values) x = ::rounded(x, f);
  return values;
}
Floats read(Device& device, const float* p, size_t n) {
  Floats values(n);
  device.copy_out(values.data(), p, n);
  return values;
}

class FewerBits : public testing::TestWithParam<const char*> {
 protected:
  Buffer<> stored(const Floats& values) {
    Buffer<> buffer = device.allocate_activations(values.size());
    device.copy_in(buffer.data(), values.data(), values.size());
    return buffer;
  }
  Buffer<> floats(const Floats& values) {
    Buffer<> buffer(device, values.size(), Purpose::parameters);
    device.copy_in(buffer.data(), values.data(), values.size());
    return buffer;
  }
  Floats r(const Floats& values) const { return rounded(values, format); }

  const std::string name = std::string(GetParam()).substr(0, std::string(GetParam()).find(','));
  FewerBitsDevice device{name.c_str(), name == GetParam()};
  CpuDevice cpu;
  const Format format = sixteen_bits(name.c_str()).format;
  const Floats x = test_floats(n_x, 1), w = test_floats(n_w, 2), b = test_floats(out, 3), dy = test_floats(n_y, 4), old_x = test_floats(n_x, 5),
               old_w = test_floats(n_w, 6);
};
INSTANTIATE_TEST_SUITE_P(Formats, FewerBits, testing::Values("bf16", "bf16, without the instruction", "half", "half-flushed"));

TEST_P(FewerBits, ForwardRoundsOperandsAndWhatItStores) {
  Floats expected(n_y);
  cpu.linear_forward(expected.data(), r(x).data(), r(w).data(), b.data(), Activation::relu, rows, in, out);
  const Buffer<> weights = floats(w), bias = floats(b), logits(device, n_y, Purpose::activations), hidden = stored(dy);
  for (const bool x_stored : {true, false}) {
    const Buffer<> input = x_stored ? stored(x) : floats(x);
    device.linear_forward(logits, input, weights, bias, Activation::relu, rows, in, out);
    EXPECT_EQ(read(device, logits, n_y), expected);
    device.linear_forward(hidden, input, weights, bias, Activation::relu, rows, in, out);
    EXPECT_EQ(read(device, hidden, n_y), r(expected));
  }
  EXPECT_NE(r(expected), expected);
  EXPECT_EQ(read(device, weights, n_w), w);  // the master
}

TEST_P(FewerBits, BackwardRoundsOperandsAndKeepsGradientsOfWeights) {
  for (const Write write : {Write::overwrite, Write::accumulate}) {
    Floats dw = old_w, db = b, dx = r(old_x);
    cpu.linear_backward_weights(dw.data(), r(x).data(), r(dy).data(), write, rows, in, out);
    cpu.linear_backward_input(dx.data(), r(dy).data(), r(w).data(), write, rows, in, out);
    const Buffer<> input = stored(x), weights = floats(w);
    for (const bool dy_stored : {true, false}) {
      cpu.linear_backward_bias((db = b).data(), (dy_stored ? r(dy) : dy).data(), write, rows, out);
      const Buffer<> gradient = dy_stored ? stored(dy) : floats(dy), to_w = floats(old_w), to_b = floats(b), to_x = stored(old_x);
      device.linear_backward_weights(to_w, input, gradient, write, rows, in, out);
      EXPECT_EQ(read(device, to_w, n_w), dw);
      device.linear_backward_bias(to_b, gradient, write, rows, out);
      EXPECT_EQ(read(device, to_b, out), db);
      device.linear_backward_input(to_x, gradient, weights, write, rows, in, out);
      EXPECT_EQ(read(device, to_x, n_x), r(dx));
    }
  }
}

TEST_P(FewerBits, OtherOperationsRoundWhatTheyStore) {
  const Floats stored_x = r(x), other = r(old_x);
  const auto expect = [&](const Buffer<>& p, Floats values, auto work) {
    work(values);
    EXPECT_EQ(read(device, p, n_x), r(values));
  };
  Buffer<> p = stored(x), q = stored(old_x);
  device.relu_backward(p, q, n_x);
  expect(p, stored_x, [&](Floats& v) { cpu.relu_backward(v.data(), other.data(), n_x); });
  p = stored(x);
  device.add(p, q, n_x);
  expect(p, stored_x, [&](Floats& v) { cpu.add(v.data(), other.data(), n_x); });
  p = stored(x);
  device.scale(p, 0.3f, n_x);
  expect(p, stored_x, [&](Floats& v) { cpu.scale(v.data(), 0.3f, n_x); });
  p = stored(x);
  const Buffer<> bias = floats(w);  // its first `in` numbers
  device.add_bias(p, bias, Activation::relu, rows, in);
  expect(p, stored_x, [&](Floats& v) { cpu.add_bias(v.data(), w.data(), Activation::relu, rows, in); });
  device.copy(p, q, n_x);
  expect(p, other, [](Floats&) {});
  device.fill(p, 0.3f, n_x);
  expect(p, Floats(n_x, 0.3f), [](Floats&) {});
  const Buffer<> plain = floats(x);
  device.copy(plain, q, n_x);
  EXPECT_EQ(read(device, plain, n_x), other);
}

// Where the output of a ReLU is not positive, no gradient goes back; a NaN is not positive.
TEST_P(FewerBits, ReluLetsThroughWhatIsPositive) {
  const float infinity = INFINITY, nan = NAN;
  const Floats y = {nan, -nan, 0, -0.0f, 0x1p-14f, -0x1p-14f, infinity, -infinity, 2, -2, 0x1p-24f};
  const Floats gradients = {1, 2, 3, 4, 5, 6, 7, 8, 9, -10, -11};
  Floats expected = gradients;
  cpu.relu_backward(expected.data(), r(y).data(), y.size());
  for (const bool y_stored : {true, false})
    for (const bool dy_stored : {true, false}) {
      const Buffer<> outputs = y_stored ? stored(y) : floats(r(y)), dy = dy_stored ? stored(gradients) : floats(gradients);
      device.relu_backward(dy, outputs, y.size());
      EXPECT_EQ(read(device, dy, y.size()), expected);
    }
}

TEST_P(FewerBits, HeadAndOptimizerStayFloat) {
  const std::vector<int> labels = {0, 12, 3, 4, 5, 6, 1};
  Floats z = dy, loss(rows), w_cpu = w, v_cpu = old_w;
  cpu.softmax_cross_entropy(loss.data(), z.data(), z.data(), labels.data(), 0.25f, rows, out);
  const Buffer<> logits = floats(dy), losses = floats(Floats(rows)), weights = floats(w), velocity = floats(old_w), gradient = floats(old_w);
  device.softmax_cross_entropy(losses, logits, logits, labels.data(), 0.25f, rows, out);
  EXPECT_EQ(read(device, logits, n_y), z);
  EXPECT_EQ(read(device, losses, rows), loss);
  cpu.momentum(w_cpu.data(), v_cpu.data(), old_w.data(), 0.1f, 0.9f, n_w);
  device.momentum(weights, velocity, gradient, 0.1f, 0.9f, n_w);
  EXPECT_EQ(read(device, weights, n_w), w_cpu);
}

TEST_P(FewerBits, ViewsAreFloats) {
  const Buffer<> p = stored(x);
  device.begin_copy_out(p, n_x);  // also before anybody has asked for the view
  device.end_copy_out(p, n_x);
  float* const view = device.host_view(p, n_x);
  EXPECT_EQ(Floats(view, view + n_x), r(x));
  std::ranges::copy(old_x, view);
  device.begin_copy_in(p, n_x);
  device.end_copy_in(p, n_x);
  EXPECT_EQ(read(device, p, n_x), r(old_x));
  const Buffer<> plain = floats(x);
  EXPECT_EQ(device.host_view(plain, n_x), plain.data());
  EXPECT_THROW(device.host_view(p.data() + 1, 1), std::logic_error);  // a part of an activation
}

// Products of bf16 take denormals for zero, as the instruction does; those of half keep them.
TEST_P(FewerBits, OnlyBf16FlushesDenormalsInProducts) {
  const auto flushed = [&](float v) { return format.exponent_bits == 8 && std::abs(v) < 0x1p-126f ? std::copysign(0.0f, v) : v; };
  Floats small_x(n_x), small_w(n_w);
  for (size_t i = 0; i < n_x; ++i) small_x[i] = std::ldexp(x[i], format.exponent_bits == 8 ? -66 : -3);
  for (size_t i = 0; i < n_w; ++i) small_w[i] = std::ldexp(w[i], format.exponent_bits == 8 ? -62 : -3);
  small_w[4] = 0x1.8p-127f;  // a denormal operand
  const Floats a = r(small_x), c = r(small_w);
  const Buffer<> input = stored(small_x), weights = floats(small_w), y(device, n_y, Purpose::activations);
  device.linear_forward(y, input, weights, nullptr, Activation::none, rows, in, out);
  const Floats actual = read(device, y, n_y);
  size_t denormal = 0;
  for (int i = 0; i < rows; ++i)
    for (int j = 0; j < out; ++j) {
      float sum = 0;  // one fused multiply-add after the other, k ascending
      for (int k = 0; k < in; ++k) {
        const float exact = std::fma(a[size_t(i * in + k)], flushed(c[size_t(k * out + j)]), sum);
        denormal += exact != 0 && std::abs(exact) < 0x1p-126f;
        sum = flushed(exact);
      }
      ASSERT_EQ(actual[size_t(i * out + j)], sum) << i << " " << j;
    }
  if (format.exponent_bits == 8) {
    EXPECT_GT(denormal, 0u);
  }
  // Backward: two numbers whose product is 2^-128, alone. The instruction flushes whatever it is told; ordinary arithmetic must be told.
  if (format.exponent_bits == 8) {
    FewerBitsDevice ordinary("bf16", false);
    const Floats small = {0x1p-66f}, smaller = {0x1p-62f};
    float product = 7;
    ordinary.linear_backward_weights(&product, small.data(), smaller.data(), Write::overwrite, 1, 1, 1);
    EXPECT_EQ(product, 0.0f);
    product = 7;
    ordinary.linear_backward_input(&product, small.data(), smaller.data(), Write::overwrite, 1, 1, 1);
    EXPECT_EQ(product, 0.0f);
    product = 7;
    ordinary.linear_forward(&product, small.data(), smaller.data(), nullptr, Activation::none, 1, 1, 1);
    EXPECT_EQ(product, 0.0f);
  }
  EXPECT_NE(0x1p-149f * std::abs(x[0] / x[0]), 0.0f);  // outside of products nothing is flushed
}

TEST_P(FewerBits, ActivationsTakeHalfOfTheMemory) {
  const auto bytes = [](size_t n) { return (n + 1) / 2 * 4; };
  {
    const Layout layout = make_layout({5, 4, 9, 3});
    const Buffer<> parameters(device, layout.count, Purpose::parameters), gradients(device, layout.count, Purpose::gradients);
    const Mlp mlp(device, layout, parameters, gradients, {.rows = rows, .input_gradient = true});
    // Input and hidden outputs, the gradient of the input and two of hidden outputs, of 16 bits; logits and their gradient are floats.
    EXPECT_EQ(device.memory(Purpose::activations).live,
              2 * bytes(rows * 5) + bytes(rows * 4) + bytes(rows * 9) + 2 * bytes(rows * 9) + 2 * (4 * rows * 3));
  }
  EXPECT_EQ(device.memory(Purpose::activations).live, 0u);
  EXPECT_EQ(device.memory(Purpose::activations).peak, 2u * (rows * 5 + 1 + rows * 5 + 1 + rows * 4 + 3 * (rows * 9 + 1)) + 8 * rows * 3);
}

// The gradients of a step, against those in float. An operand is wrong by at most half of the spacing: 2^-8 of its size for bf16,
// 2^-11 for half; there are a dozen roundings between the images and the first layer's gradient, of either sign.
TEST_P(FewerBits, GradientsAreThoseOfFloat) {
  const Dataset data = data_sets::tiny_data(60);
  const std::vector<uint32_t> order = permutation(1, 0, data.count);
  SerialTraining few(device, {4, 17, 11, 3}, {}, 60, 1), many(cpu, {4, 17, 11, 3}, {}, 60, 1);
  EXPECT_NEAR(few.step(data, order, {0, 60}), many.step(data, order, {0, 60}), 12 * std::ldexp(1.0, -format.fraction_bits - 1));
  const size_t n = few.layout().count;
  const Floats a(few.mlp().gradients(0), few.mlp().gradients(0) + n), c(many.mlp().gradients(0), many.mlp().gradients(0) + n);
  const Distance distance = compare(a, c);
  EXPECT_LE(distance.relative, 12 * std::ldexp(1.0, -format.fraction_bits - 1));
  EXPECT_GT(distance.relative, std::ldexp(1.0, -format.fraction_bits - 5));  // something was rounded
}

// --- Loss scaling ---------------------------------------------------------------------------------------------------------

TEST(Scale, IsAPowerOfTwo) {
  for (double good : {1.0, 0x1p-20, 65536.0}) EXPECT_EQ(LossScale({.initial = good}).value(), good);
  for (double bad : {0.0, 3.0, -2.0, 0x1.8p10})
    EXPECT_EQ(error_of([&] { LossScale({.initial = bad}); }), "--loss-scale: must be a power of two, or it would round the gradients") << bad;
}

TEST(Scale, DividesWhatIsFiniteAndSkipsTheRest) {
  CpuDevice cpu;
  Floats g = {3, -0.1f, 0x1p-140f, 0};
  LossScale fixed({.initial = 8});
  EXPECT_TRUE(fixed.unscale(cpu, g.data(), g.size()));
  EXPECT_EQ(g, (Floats{0.375f, -0.1f / 8, 0x1p-143f, 0}));
  for (float bad : {infinity, -infinity, std::nanf("")})
    for (size_t at = 0; at < 37; ++at) {
      Floats all(37, 1.5f);
      all[at] = bad;
      EXPECT_FALSE(fixed.unscale(cpu, all.data(), all.size()));
      EXPECT_EQ(all[(at + 1) % 37], 1.5f);
    }
  Floats largest(5, 0x1.fffffep127f);
  EXPECT_TRUE(fixed.unscale(cpu, largest.data(), 5));
  EXPECT_EQ(fixed.value(), 8);
  EXPECT_EQ(fixed.skipped(), 3 * 37);
  EXPECT_EQ(fixed.steps(), 3 * 37 + 2);
}

TEST(Scale, FollowsTheGradients) {
  CpuDevice cpu;
  LossScale scale({.initial = 4, .dynamic = true, .good_steps = 3});
  std::vector<double> values;
  for (const bool good : {true, true, true, true, true, false, true, true, true, false, false}) {
    float g = good ? 1.0f : infinity;
    EXPECT_EQ(scale.unscale(cpu, &g, 1), good);
    values.push_back(scale.value());
  }
  EXPECT_EQ(values, (std::vector<double>{4, 4, 8, 8, 8, 4, 4, 4, 8, 4, 2}));
  EXPECT_EQ(scale.skipped(), 3);
  // Down to 2^-60, and not below: the 61st halving of 1 is one too many.
  LossScale falling({.initial = 1, .dynamic = true});
  std::string error;
  for (int step = 1; step <= 61; ++step) {
    float g = infinity;
    EXPECT_EQ(error, "");
    try {
      falling.unscale(cpu, &g, 1);
    } catch (const Error& e) {
      error = e.what();
    }
    if (step == 60) {
      EXPECT_EQ(falling.value(), 0x1p-60);
    }
  }
  EXPECT_EQ(error, "step 61: gradients are not finite at any loss scale: try a smaller --learning-rate");
}

TEST(Scale, MultipliesTheGradientOfTheLoss) {
  CpuDevice cpu;
  const Dataset data = data_sets::tiny_data(9);
  const std::vector<uint32_t> order = permutation(1, 0, 9);
  const Layout layout = make_layout({4, 5, 3});
  const Buffer<> parameters(cpu, layout.count, Purpose::parameters), gradients(cpu, layout.count, Purpose::gradients);
  initialize(parameters.data(), layout, 1);
  Mlp mlp(cpu, layout, parameters, gradients, {.rows = 9});
  SoftmaxHead head(cpu, {.rows = 9});
  LossScale scale({.initial = 1024});
  std::vector<Floats> results;
  for (const bool scaled : {false, true}) {
    load_images(mlp, data, order, {0, 9});
    head.load_labels(data, order, {0, 9});
    mlp.forward(9);
    head.backward(mlp, 9);
    if (scaled) scale.scale(mlp);
    mlp.backward(Write::overwrite);
    if (scaled) {
      EXPECT_TRUE(scale.unscale(cpu, gradients, layout.count));
    }
    results.push_back(read(cpu, gradients, layout.count));
  }
  EXPECT_EQ(results[0], results[1]);  // powers of two change no bit of a fraction
  EXPECT_NE(results[0], Floats(layout.count, 0));
}

// --- Weights of 16 bits -----------------------------------------------------------------------------------------------------

TEST(Weights, LoseUpdatesUnlessRoundedStochastically) {
  const SixteenBits& bf16 = sixteen_bits("bf16");
  constexpr size_t n = 40001;
  constexpr float step = 0x1p-11f;  // a sixteenth of the spacing between 1 and 2
  const Floats gradient(n, 1.0f);
  Floats master(n, 1.0f), nearest(n, 1.0f), stochastic(n, 1.0f), again(n, 1.0f);
  StoredWeights keeps("master", &bf16, master.data(), n, 7), loses("rounded", &bf16, nearest.data(), n, 7),
      draws("stochastic", &bf16, stochastic.data(), n, 7), same_draws("stochastic", &bf16, again.data(), n, 7);
  for (int i = 0; i < 8; ++i) {
    for (Floats* w : {&master, &nearest, &stochastic, &again})
      for (float& x : *w) x += step;
    for (StoredWeights* stored : {&keeps, &loses, &draws, &same_draws}) stored->round(gradient.data());
  }
  EXPECT_EQ(master, Floats(n, 1 + 8 * step));
  EXPECT_EQ(nearest, Floats(n, 1.0f));
  EXPECT_EQ(loses.updates(), 8.0 * n);
  EXPECT_EQ(loses.lost(), 8.0 * n);
  EXPECT_EQ(keeps.updates(), 0);
  EXPECT_EQ(stochastic, again);
  // Each step goes up by the spacing with probability 1/16: the mean of n weights is off by at most five of its deviations.
  double mean = 0, moved = 0;
  for (float x : stochastic) mean += x / double(n);
  for (float x : stochastic) moved += x != 1;
  EXPECT_NEAR(mean, 1 + 8 * step, 5 * 0x1p-7 * std::sqrt(8 / 16.0 / n));
  EXPECT_NEAR(draws.lost() / draws.updates(), 15 / 16.0, 5 * std::sqrt(1 / 16.0 / (8.0 * n)));
  EXPECT_GT(moved, n / 4);
}

// Weight i of step s is rounded by word i % 4 of the four words i / 4 of a stream that nothing else draws from.
TEST(Weights, AreRoundedByAWordOfTheirOwn) {
  for (const char* name : {"bf16", "half"}) {
    const SixteenBits& sixteen = sixteen_bits(name);
    constexpr size_t n = 11;
    Floats w = test_floats(n, 3), expected = rounded(w, sixteen.format);
    StoredWeights stored("stochastic", &sixteen, w.data(), n, 77);
    EXPECT_EQ(w, expected);
    for (uint32_t step = 0; step < 5; ++step) {
      const Floats update = test_floats(n, 20 + step);
      for (size_t i = 0; i < n; ++i) w[i] += 0.01f * update[i];
      for (size_t i = 0; i < n; ++i)
        expected[i] = rounded_stochastically(expected[i] + 0.01f * update[i], sixteen.format, random_words(77, RandomStream(5), step, i / 4)[i % 4]);
      stored.round(update.data());
      EXPECT_EQ(w, expected) << name << " " << step;
    }
  }
  for (RandomStream taken : {RandomStream::weights, RandomStream::permutation, RandomStream::test, RandomStream::data}) EXPECT_NE(taken, RandomStream(5));
}

TEST(Weights, CountOnlyWhatHasAGradient) {
  const SixteenBits& half = sixteen_bits("half");
  Floats w = {1.0001f, 2048.0f, 0.3f, 5};
  StoredWeights stored("rounded", &half, w.data(), w.size(), 1);
  EXPECT_EQ(w, rounded(Floats{1.0001f, 2048, 0.3f, 5}, half_format));
  w[0] += 1;
  w[1] += 0.5f;
  stored.round(Floats{1, 1, 0, -1}.data());
  EXPECT_EQ(w[1], 2048.0f);
  EXPECT_EQ(stored.updates(), 3);
  EXPECT_EQ(stored.lost(), 2);
  Floats plain = {0.3f};
  StoredWeights none("rounded", nullptr, plain.data(), 1, 1);
  none.round(plain.data());
  EXPECT_EQ(plain[0], 0.3f);
}

// --- How large numbers are --------------------------------------------------------------------------------------------------

TEST(Exponents, AreCounted) {
  Numbers numbers;
  const Floats values = {1, 1.5f, -3, 0, 0.25f, 0x1p-20f, 1e6f, 0x1p-26f, 0x1p-25f, 0x1.8p-25f};
  numbers.add(values.data(), values.size());
  EXPECT_EQ(numbers.values.size(), 9u);
  EXPECT_EQ(numbers.by_exponent(), (std::map<int, size_t>{{0, 2}, {1, 1}, {-2, 1}, {-20, 1}, {19, 1}, {-26, 1}, {-25, 2}}));
  EXPECT_EQ(numbers.made_zero(half_format), 2 / 9.0);  // 2^-25 is halfway to the even 0
  EXPECT_EQ(numbers.made_zero(half_flushed_format), 4 / 9.0);
  EXPECT_EQ(numbers.made_zero(bf16_format), 0);
  EXPECT_EQ(numbers.made_infinite(half_format), 1 / 9.0);
}

TEST(Exponents, OfAStepAreThoseOfItsNumbers) {
  CpuDevice cpu;
  const Dataset data = data_sets::tiny_data(30);
  const std::vector<uint32_t> order = permutation(1, 0, 30);
  SerialTraining training(cpu, {4, 6, 5, 3}, {}, 20, 1), twin(cpu, {4, 6, 5, 3}, {}, 20, 1);
  const Floats before = twin.weights();
  const auto [weights, activations, of_activations, of_weights] = numbers_of_a_step(training, data, order, {0, 20});
  twin.step(data, order, {0, 20});
  EXPECT_EQ(training.weights(), twin.weights());
  Floats expected;
  for (const Layer& layer : twin.layout().layers) expected.insert(expected.end(), before.begin() + long(layer.w.offset), before.begin() + long(layer.b.offset));
  EXPECT_EQ(weights.values, expected);  // none of them is zero
  size_t positive = 0;
  for (int l : {1, 2}) positive += size_t(std::count_if(twin.mlp().activation(l, 0), twin.mlp().activation(l, 0) + 20 * (l == 1 ? 6 : 5), [](float x) { return x > 0; }));
  EXPECT_EQ(activations.values.size(), positive);
  size_t active_rows = 0;  // of the second hidden layer; the gradients that a row without an active unit sends on are zeros
  for (int r = 0; r < 20; ++r) active_rows += std::any_of(twin.mlp().activation(2, 0) + 5 * r, twin.mlp().activation(2, 0) + 5 * r + 5, [](float y) { return y > 0; });
  EXPECT_EQ(of_activations.values.size(), 20u * (3 + 5) + 6 * active_rows);
  EXPECT_EQ(of_activations.values[0], twin.mlp().output_gradient()[0]);
  const float* const first = twin.mlp().gradients(0);
  EXPECT_TRUE(first[0] == 0 || std::ranges::count(of_weights.values, first[0]) > 0);
  EXPECT_LE(of_weights.values.size(), 4u * 6 + 6 * 5 + 5 * 3);
  EXPECT_GT(of_weights.values.size(), 40u);
}

}  // namespace
