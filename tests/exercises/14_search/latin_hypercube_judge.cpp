#include <cmath>
#include <functional>
#include <numeric>
#include <utility>

#include "tests/exercises/judge.h"

namespace {

std::string text(size_t number) { return std::to_string(number); }

struct Case {
  size_t n, parameters;
  std::vector<int> order, logarithmic;
  Floats place, low, high;
  Floats answer;

  // Where to find number (p, t) of order and place, and where to write number (t, p) of values.
  size_t read(size_t p, size_t t) const { return p * n + t; }
  size_t write(size_t t, size_t p) const { return t * parameters + p; }
};

// The value that lies this far along the range of parameter p.
double value_at(const Case& c, size_t p, double along, bool logarithmic) {
  if (!logarithmic) return c.low[p] + (double(c.high[p]) - c.low[p]) * along;
  return c.low[p] * std::pow(double(c.high[p]) / c.low[p], along);
}

// How far along its range number (p, t) is.
double along(const Case& c, size_t p, size_t t) { return (c.order[c.read(p, t)] + double(c.place[c.read(p, t)])) / double(c.n); }

using Values = std::function<double(const Case&, size_t p, size_t t)>;
Doubles all_values(const Case& c, const Values& value) {
  Doubles all(c.n * c.parameters);
  for (size_t p = 0; p < c.parameters; ++p)
    for (size_t t = 0; t < c.n; ++t) all[c.write(t, p)] = value(c, p, t);
  return all;
}

double right(const Case& c, size_t p, size_t t) { return value_at(c, p, along(c, p, t), c.logarithmic[p]); }

// A float's logarithm here is below 16, so off by 2^-20 at most, and so is a value, relative to its size; a few times that.
double bound(const Case& c, size_t i) {
  const size_t p = i % c.parameters;
  return 1e-5 * (c.logarithmic[p] ? std::abs(double(c.answer[i])) : std::abs(c.low[p]) + std::abs(c.high[p]));
}
// Values of a mistake may stand at another parameter's place, whose bound is smaller.
bool are(const Case& c, const Doubles& values) {
  for (size_t i = 0; i < values.size(); ++i)
    if (!(std::abs(c.answer[i] - values[i]) <= 30 * bound(c, i))) return false;
  return true;
}

std::string why(const std::vector<Case>& cases) {
  const auto explain = [&](const std::function<Doubles(const Case&)>& mistake) {
    for (const Case& c : cases)
      if (!are(c, mistake(c))) return false;
    return true;
  };
  const auto explains = [&](const Values& value) { return explain([&](const Case& c) { return all_values(c, value); }); };
  if (explains([](const Case& c, size_t p, size_t t) { return value_at(c, p, along(c, p, t), false); }))
    return ", as if no parameter were logarithmic";
  if (explains([](const Case& c, size_t p, size_t t) { return value_at(c, p, along(c, p, t), c.low[p] > 0); }))
    return ", as if every parameter were logarithmic";
  if (explains([](const Case& c, size_t p, size_t t) { return c.logarithmic[p] ? std::log(right(c, p, t)) : right(c, p, t); }))
    return ", which is the logarithm of the value";
  if (explains([](const Case& c, size_t p, size_t t) {
        return value_at(c, p, c.order[c.read(p, t)] / double(c.n), c.logarithmic[p]);
      }))
    return ", which is the lower end of the slice: place says where in the slice it is";
  if (explains([](const Case& c, size_t p, size_t t) {
        const size_t i = c.read(p, t);
        return value_at(c, p, c.order[i] / double(c.n) + c.place[i], c.logarithmic[p]);
      }))
    return ", as if place were a place in the whole range; it is one in the slice, which is n times as short";
  if (explains([](const Case& c, size_t p, size_t t) {
        return value_at(c, p, (double(t) + c.place[c.read(p, t)]) / double(c.n), c.logarithmic[p]);
      }))
    return ", which is in slice t; its slice is order[p, t]";
  if (explains([](const Case& c, size_t p, size_t t) {
        return value_at(c, p, along(c, p, t) * double(c.n) / (c.n > 1 ? double(c.n - 1) : 1), c.logarithmic[p]);
      }))
    return ", as if there were n - 1 slices";
  if (explains([](const Case& c, size_t p, size_t t) {
        const size_t i = t * c.parameters + p;
        return value_at(c, p, (c.order[i] + double(c.place[i])) / double(c.n), c.logarithmic[p]);
      }))
    return ", as if order and place were (n, parameters); they are (parameters, n)";
  if (explain([](const Case& c) {
        Doubles values(c.n * c.parameters);
        for (size_t p = 0; p < c.parameters; ++p)
          for (size_t t = 0; t < c.n; ++t) values[c.read(p, t)] = right(c, p, t);
        return values;
      }))
    return ", as if values were (parameters, n); it is (n, parameters)";
  return "";
}

std::string wrong_value(const Case& c, const std::vector<Case>& cases) {
  const Doubles values = all_values(c, right);
  for (size_t i = 0; i < values.size(); ++i) {
    if (std::abs(c.answer[i] - values[i]) <= bound(c, i)) continue;
    const size_t t = i / c.parameters, p = i % c.parameters;
    const std::string element = "values[" + text(t) + ", " + text(p) + "]";
    if (std::isnan(c.answer[i])) return element + " is not a number: was it written?";
    char numbers[300];
    std::snprintf(numbers, sizeof numbers, " is %g%s (it should be %g: place %g of slice %d of %zu between %g and %g, %s)", double(c.answer[i]),
                  why(cases).c_str(), values[i], double(c.place[c.read(p, t)]), c.order[c.read(p, t)], c.n, double(c.low[p]),
                  double(c.high[p]), c.logarithmic[p] ? "on the logarithm" : "not on the logarithm");
    return element + numbers;
  }
  return "";
}

Case make_case(size_t n, Floats low, Floats high, std::vector<int> logarithmic) {
  Case c{n, low.size(), {}, std::move(logarithmic), random_floats(n * low.size(), 0, 1), std::move(low), std::move(high), {}};
  for (size_t p = 0; p < c.parameters; ++p) {
    std::vector<int> slices(n);
    std::iota(slices.begin(), slices.end(), 0);
    for (size_t i = n; i > 1; --i) std::swap(slices[i - 1], slices[size_t(random_number(0, int(i) - 1))]);
    c.order.insert(c.order.end(), slices.begin(), slices.end());
  }
  return c;
}

std::string wrong_with(std::vector<Case> cases) {
  Trial trial;
  trial.give(int(cases.size()));
  for (const Case& c : cases)
    trial.give(int(c.n)).give(int(c.parameters)).give(c.order).give(c.place).give(c.low).give(c.high).give(c.logarithmic);
  Answers answers = trial.run();
  for (Case& c : cases) c.answer = answers.floats("values", c.n * c.parameters);
  for (const Case& c : cases)
    if (const std::string words = wrong_value(c, cases); !words.empty()) return words;
  return "";
}

// covers: Parameter p lies | This range is cut | Every slice | place (parameters, n)
TEST(latin_hypercube, AllKindsOfRanges) {
  EXPECT_RIGHT(wrong_with({make_case(5, {0.01f, 0, 16}, {1, 0.9f, 256}, {1, 0, 0}), make_case(8, {-2, 1e-5f}, {3, 1e-1f}, {0, 1}),
                           make_case(7, {0.5f}, {20}, {0})}));
}
// covers: values (n, parameters): | n trials
TEST(latin_hypercube, OneTrialOrOneParameter) {
  EXPECT_RIGHT(wrong_with({make_case(1, {0.01f, 2}, {1, 4}, {1, 0}), make_case(9, {0.001f}, {10}, {1}), make_case(1, {3}, {3}, {1})}));
}
TEST(latin_hypercube, ManyTrials) {
  EXPECT_RIGHT(wrong_with({make_case(size_t(random_number(50, 200)), {1e-4f, 1, 0, 32}, {1, 2, 1, 512}, {1, 0, 0, 1})}));
}

}  // namespace
