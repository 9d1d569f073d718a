#include <array>

#include "tests/exercises/judge.h"

namespace {

// x holds whole numbers, some of them 0, and the slope is a power of two: everything is exact.
struct Case {
  size_t n;
  float slope = 0.125f;
  Floats x = small_integers(n, -3, 3), dy = small_integers(n, 1, 9), y = {};
  Case(size_t size) : n(size) {
    for (float value : x) y.push_back(value > 0 ? value : slope * value);
  }

  Doubles forward(double below) const {
    Doubles result;
    for (float value : x) result.push_back(value > 0 ? value : below * value);
    return result;
  }
  Doubles backward(double below, double at_zero) const {
    Doubles result;
    for (size_t i = 0; i < n; ++i) result.push_back(dy[i] * (x[i] > 0 ? 1 : x[i] < 0 ? below : at_zero));
    return result;
  }
  Doubles dy_times_y() const {
    Doubles result;
    for (size_t i = 0; i < n; ++i) result.push_back(double(dy[i]) * y[i]);
    return result;
  }
};

std::string wrong_forward(const Case& c, const std::string& name, const Floats& y) {
  return compare_values(
      name, y, c.forward(c.slope), 0,
      {{name + " is 0 where x is negative: that is the plain ReLU, without the slope", c.forward(0)},
       {name + " is x with slope of the wrong sign below 0", c.forward(-c.slope)},
       {name + " is x everywhere", c.forward(1)}});
}

std::string wrong_backward(const Case& c, const std::string& name, const Floats& dx) {
  return compare_values(
      name, dx, c.backward(c.slope, c.slope), 0,
      {{name + " is dy where x is 0; there the derivative is the slope", c.backward(c.slope, 1)},
       {name + " is 0 where y is negative: that is the plain ReLU; a little gradient comes through",
        c.backward(0, 0)},
       {name + " is dy times y; it is dy times the derivative of y by x", c.dy_times_y()},
       {name + " is dy everywhere", c.backward(1, 1)}});
}

struct Result {
  Floats y, dx, in_place, dx_in_place;
};
Result ask(const Case& c) {
  Answers a = Trial().give(int(c.n)).give(c.slope).give(c.x).give(c.dy).give(c.y).run();
  return {a.floats("y", c.n), a.floats("dx", c.n), a.floats("y", c.n), a.floats("dx", c.n)};
}

// covers: y (n) = x where
TEST(leaky_relu, Forward) {
  const Case c(100);
  EXPECT_RIGHT(wrong_forward(c, "y", ask(c).y));
}
// covers: dx (n) = | Where x was 0
TEST(leaky_relu, Backward) {
  const Case c(100);
  EXPECT_RIGHT(wrong_backward(c, "dx", ask(c).dx));
}
// covers: y may be | dx may be
TEST(leaky_relu, InPlace) {
  const Case c(33);
  const Result result = ask(c);
  EXPECT_RIGHT(wrong_forward(c, "y (where y is x itself)", result.in_place));
  EXPECT_RIGHT(wrong_backward(c, "dx (where dx is dy itself)", result.dx_in_place));
}

// explains (what the judge gives): 0 < slope

}  // namespace
