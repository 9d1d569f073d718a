#include <algorithm>
#include <climits>
#include <cmath>
#include <sstream>

#include "tests/exercises/judge.h"

namespace {

std::string text(double number) {
  std::ostringstream out;
  out.precision(10);
  out << number;
  return out.str();
}

struct Measured {
  std::vector<int> ranks;
  Doubles seconds;
  double efficiency;

  size_t n() const { return ranks.size(); }
  double p(size_t i) const { return double(ranks[i]); }
  bool on_one_number() const { return std::ranges::count(ranks, ranks[0]) == long(n()); }
  std::string in_words() const {
    std::string on, took;
    for (size_t i = 0; i < n(); ++i) {
      on += (i > 0 ? ", " : "") + text(ranks[i]);
      took += (i > 0 ? ", " : "") + text(seconds[i]);
    }
    return " (" + on + (n() == 1 && ranks[0] == 1 ? " rank" : " ranks") + " took " + took +
           " s; efficiency " + text(efficiency) + ")";
  }
};

struct Law {
  double a, b;
  double serial() const { return a / (a + b); }
  double seconds(double p) const { return a + b / p; }
  double efficiency(double p) const { return seconds(1) / (p * seconds(p)); }
};

// The line of least squares through (x, seconds), from the two equations for its numbers.
template <class Place>
Law fitted(const Measured& m, Place x) {
  double sx = 0, st = 0, sxx = 0, sxt = 0;
  for (size_t i = 0; i < m.n(); ++i) {
    sx += x(m.p(i));
    st += m.seconds[i];
    sxx += x(m.p(i)) * x(m.p(i));
    sxt += x(m.p(i)) * m.seconds[i];
  }
  const double n = double(m.n()), b = (n * sxt - sx * st) / (n * sxx - sx * sx);
  return {(st - b * sx) / n, b};
}
Law amdahl(const Measured& m) {
  return fitted(m, [](double p) { return 1 / p; });
}

// What usual mistakes give for *serial. NaN where one has no result.
std::vector<Mistake> mistakes_of_serial(const Measured& m, const Law& law) {
  const Law in_p = fitted(m, [](double p) { return p; });
  const Law whole = fitted(m, [](double p) { return std::floor(1 / p); });
  const Law ends = fitted({{m.ranks.front(), m.ranks.back()}, {m.seconds.front(), m.seconds.back()}, 0},
                          [](double p) { return 1 / p; });
  double karp_flatt = 0, others = 0, one = NAN;
  for (size_t i = 0; i < m.n(); ++i)
    if (m.ranks[i] == 1) one = m.seconds[i];
  for (size_t i = 0; i < m.n(); ++i)
    if (m.ranks[i] > 1) {
      karp_flatt += (m.seconds[i] / one - 1 / m.p(i)) / (1 - 1 / m.p(i));
      ++others;
    }
  return {{"that is a, in seconds; the fraction is a / (a + b)", {law.a}},
          {"that is a / b; the time on one rank is a + b", {law.a / law.b}},
          {"that is the part which can be divided, b / (a + b)", {1 - law.serial()}},
          {"that comes of a line in p; Amdahl's law is a line in 1 / p", {in_p.serial()}},
          {"that comes of a division of whole numbers, where 1 / 2 is 0", {whole.serial()}},
          {"that is a divided by the measured time on one rank; t(1) is a + b", {law.a / one}},
          {"that is the mean of what each measurement would give with the one on 1 rank, not the fit of "
           "least squares",
           {karp_flatt / others}},
          {"that is the line through the first and the last measurement; all count", {ends.serial()}}};
}

// The bound: sums in another order, and a small difference of large numbers, cost some digits of sixteen.
constexpr double bound = 1e-8;

std::string wrong_serial(double actual, const Measured& m, const Law& law) {
  if (std::abs(actual - law.serial()) <= bound) return "";
  const std::string is = "*serial is " + text(actual) + "; it should be " + text(law.serial());
  if (std::isnan(actual))
    return "*serial is not a number (was it ever written?); it should be " + text(law.serial());
  for (const Mistake& mistake : mistakes_of_serial(m, law))
    if (std::abs(actual - mistake.gives[0]) <= bound) return is + ": " + mistake.words;
  if (law.serial() < 0 && actual == 0)
    return is + ": the fit is asked for, also where it makes no sense as a fraction";
  return is;
}

std::string percent(double efficiency) { return text(std::round(1e5 * efficiency) / 1e3) + " %"; }

// `limit` is the right one, before it is rounded down.
std::string wrong_limit(int actual, double limit, const Law& law) {
  const std::string returns = "returns " + text(actual) + "; ";
  if (law.a <= 0 || limit >= INT_MAX) {
    if (actual == INT_MAX) return "";
    return returns +
           (law.a > bound ? "the number is about " + text(limit) + ", more than an int can be"
            : law.a < -bound
                ? "a is " + text(law.a) + ", so the efficiency never falls so low"
                : "a is 0 but for rounding, so the number is infinite or more than an int can be") +
           ": it should be INT_MAX";
  }
  const int right = int(limit);
  if (actual == right) return "";
  const std::string should = "it should be " + text(right) + ": ";
  if (actual == right + 1)
    return returns + should + "that is the first number of ranks that is not efficient enough (" +
           percent(law.efficiency(actual)) + ")";
  if (actual == int(1 / law.serial()))
    return returns + should + "that is 1 / serial, the limit of the speedup";
  if (actual < 1) return returns + should + "on one rank the efficiency is 100 %";
  if (actual == INT_MAX)
    return returns + should + "a is " + text(law.a) + " s, so the efficiency does fall below";
  return returns + should + "the efficiency on " + text(actual) + " ranks is " +
         percent(law.efficiency(actual)) + ", on " + text(right) + (right == 1 ? " rank " : " ranks ") +
         percent(law.efficiency(right)) + ", on " + text(right + 1) + " ranks " +
         percent(law.efficiency(right + 1));
}

std::string wrong_with(const Measured& m) {
  Answers answers = Trial().give(int(m.n())).give(m.ranks).give(m.seconds).give(Doubles{m.efficiency}).run();
  const double serial = answers.number("*serial");
  const int limit = int(answers.number("the number of ranks"));
  if (m.on_one_number()) {
    if (limit == 0) return "";
    return "returns " + text(limit) +
           "; all measurements are of the same number of ranks, which says nothing about a and b: it should "
           "be 0" +
           (m.n() > 1
                ? " (a sum of squares that should be 0 may not be exactly 0; compare the numbers of ranks)"
                : "") +
           m.in_words();
  }
  const Law law = amdahl(m);
  if (const std::string words = wrong_serial(serial, m, law); !words.empty()) return words + m.in_words();
  const double right = 1 + (1 / m.efficiency - 1) / law.serial();
  if (const std::string words = wrong_limit(limit, right, law); !words.empty()) return words + m.in_words();
  return "";
}

// Measurements as the law would have them, but for `noise`. The efficiency is that of half a rank more than `last`, so that
// no rounding decides.
Measured measured(const std::vector<int>& ranks, double a, double b, double noise, int last) {
  Measured m{ranks, {}, 0};
  for (float error : random_floats(ranks.size(), -1, 1))
    m.seconds.push_back((a + b / m.p(m.seconds.size())) * (1 + noise * double(error)));
  m.efficiency = amdahl(m).efficiency(last + 0.5);
  return m;
}

// covers: By Amdahl's law | *serial: Amdahl's | Returns the largest
TEST(scaling_limit, TimesThatFollowTheLaw) {
  EXPECT_RIGHT(wrong_with({{1, 2, 4, 8}, {32, 17, 9.5, 5.75}, 0.6}));
  EXPECT_RIGHT(wrong_with({{8, 1}, {20, 90}, 0.8}));
}
// covers: Let a and b | All that is asked
TEST(scaling_limit, MeasuredTimes) {
  EXPECT_RIGHT(wrong_with({{1, 2, 4, 8, 16}, {61, 33, 16, 11, 6}, 0.5}));
  EXPECT_RIGHT(wrong_with({{4, 1, 16, 4, 1}, {18, 61, 9, 19, 64}, 0.4}));
}
// covers: ranks[i] >= 1
TEST(scaling_limit, NobodyMeasuredOneRank) {
  EXPECT_RIGHT(wrong_with({{16, 8, 32, 64}, {14, 22, 9, 7.5}, 0.75}));
}
TEST(scaling_limit, MoreRanksTakeLonger) { EXPECT_RIGHT(wrong_with({{1, 2, 4}, {10, 12, 14}, 0.5})); }
// covers: INT_MAX if
TEST(scaling_limit, NoLimit) {
  EXPECT_RIGHT(wrong_with({{1, 2, 4, 8}, {80, 38, 18, 8.5}, 0.5}));
  EXPECT_RIGHT(wrong_with({{1, 2, 4}, {8, 4, 2}, 0.5}));
  EXPECT_RIGHT(wrong_with({{1, 10}, {1000, 100.0000009}, 0.01}));
}
// covers: If all of them
TEST(scaling_limit, NothingIsKnown) {
  EXPECT_RIGHT(wrong_with({{1}, {12}, 0.5}));
  EXPECT_RIGHT(wrong_with({{3, 3, 3, 3, 3, 3}, {8, 9, 8, 7, 8, 11}, 0.5}));
}
TEST(scaling_limit, AnyNumbers) {
  for (int trial = 0; trial < 4; ++trial) {
    std::vector<int> ranks{1, 100};
    for (int i = random_number(1, 6); i > 0; --i) ranks.push_back(random_number(1, 64));
    EXPECT_RIGHT(wrong_with(
        measured(ranks, random_number(10, 40), random_number(100, 900), 0.005, random_number(2, 200))));
  }
}

// explains (what the judge gives): The same problem | n >= 1

}  // namespace
