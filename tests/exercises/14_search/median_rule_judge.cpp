#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "tests/exercises/judge.h"

namespace {

std::string text(size_t number) { return std::to_string(number); }
std::string text(double number) {
  char words[32];
  std::snprintf(words, sizeof words, "%.4g", number);
  return words;
}

// All accuracies are multiples of 1/1024.
struct Table {
  size_t trials, steps;
  Floats accuracy;
  std::vector<int> reported;
  std::vector<int> stop;  // the answer

  double at(size_t trial, size_t step) const { return accuracy[trial * steps + step]; }
  bool finished(size_t trial) const { return size_t(reported[trial]) == steps; }
  size_t how_many_finished() const {
    size_t n = 0;
    for (size_t t = 0; t < trials; ++t) n += finished(t);
    return n;
  }
};

double mean(const Doubles& values) { return std::accumulate(values.begin(), values.end(), 0.0) / double(values.size()); }
double lower_middle(Doubles values) { std::ranges::sort(values); return values[(values.size() - 1) / 2]; }
double upper_middle(Doubles values) { std::ranges::sort(values); return values[values.size() / 2]; }
double median(const Doubles& values) { return (lower_middle(values) + upper_middle(values)) / 2; }
Doubles first(const Table& table, size_t trial, size_t s) {
  Doubles values;
  for (size_t i = 0; i < s; ++i) values.push_back(table.at(trial, i));
  return values;
}
double best(const Doubles& values) { return *std::ranges::max_element(values); }

// The rule in its parts, so that each can be another one.
struct Rule {
  std::function<double(const Doubles& so_far)> own = best;
  std::function<double(const Table&, size_t trial, size_t s)> other = [](const Table& t, size_t trial, size_t s) {
    return mean(first(t, trial, s));
  };
  std::function<double(const Doubles& others)> middle = median;
  std::function<bool(double own, double middle)> stops = std::less<double>();
  bool finished_too = false, running_count = false;
  size_t most = 1000;  // accuracies that are looked at

  // What the trial is compared with; NaN: nothing.
  double threshold(const Table& table, size_t trial) const {
    const size_t s = std::min(size_t(table.reported[trial]), most);
    Doubles others;
    for (size_t t = 0; t < table.trials; ++t)
      if (table.finished(t) || (running_count && size_t(table.reported[t]) >= s)) others.push_back(other(table, t, s));
    return others.empty() ? std::numeric_limits<double>::quiet_NaN() : middle(others);
  }
  bool stop(const Table& table, size_t trial) const {
    const size_t s = std::min(size_t(table.reported[trial]), most);
    if (s == 0 || (table.finished(trial) && !finished_too)) return false;
    return stops(own(first(table, trial, s)), threshold(table, trial));
  }
};

bool explains(const Rule& rule, const std::vector<Table>& tables) {
  for (const Table& table : tables)
    for (size_t t = 0; t < table.trials; ++t)
      if (table.stop[t] != int(rule.stop(table, t))) return false;
  return true;
}

// The usual mistakes that explain all answers; `own` are the accuracies of the trial that the message is about.
std::string why(const std::vector<Table>& tables, const Doubles& own) {
  Rule rule;
  rule.own = [](const Doubles& values) { return values.back(); };
  if (explains(rule, tables)) return "; its last accuracy is " + text(own.back()) + ", but the best one counts";
  rule = {}, rule.own = mean;
  if (explains(rule, tables)) return "; its own mean is " + text(mean(own)) + ", but its best one counts";
  rule = {}, rule.stops = std::less_equal<double>();
  if (explains(rule, tables)) return "; only what is below it is stopped";
  rule = {}, rule.stops = std::greater<double>();
  if (explains(rule, tables)) return "; you stop those above the median, but large is good";
  rule = {}, rule.other = [](const Table& t, size_t trial, size_t s) { return t.at(trial, s - 1); };
  if (explains(rule, tables)) return "; of the finished trials you take what they had at step s, not their mean until then";
  rule = {}, rule.other = [](const Table& t, size_t trial, size_t) { return mean(first(t, trial, t.steps)); };
  if (explains(rule, tables)) return "; of the finished trials you take the mean over all steps, not over as many as the trial has";
  rule = {}, rule.running_count = true;
  if (explains(rule, tables)) return "; running trials are in your median, which is one of the finished ones";
  rule = {}, rule.middle = mean;
  if (explains(rule, tables)) return "; you take the mean of their means, not the median";
  rule = {}, rule.middle = upper_middle;
  if (explains(rule, tables)) return "; of the two in the middle, the larger one is taken; it is to be the mean of both";
  rule = {}, rule.middle = lower_middle;
  if (explains(rule, tables)) return "; of the two in the middle, the smaller one is taken; it is to be the mean of both";
  for (size_t most = 1; most < 3; ++most) {
    rule = {}, rule.most = most;
    if (explains(rule, tables)) return ", as if every trial had reported " + text(most) + " at most";
  }
  return "";
}

std::string wrong_in(const Table& table, const std::vector<Table>& tables) {
  const Rule right;
  for (size_t t = 0; t < table.trials; ++t) {
    const int answer = table.stop[t];
    if (answer == int(right.stop(table, t))) continue;
    const std::string place = "stop[" + text(t) + "] is " + std::to_string(answer);
    if (answer == std::numeric_limits<int>::min()) return "stop[" + text(t) + "] was never written";
    if (answer != 0 && answer != 1) return place + "; it is to be 0 or 1";
    const size_t s = size_t(table.reported[t]);
    if (table.finished(t)) return place + ", but trial " + text(t) + " is finished: it has reported all " + text(s) + " steps";
    if (s == 0) return place + ", but trial " + text(t) + " has reported nothing";
    if (table.how_many_finished() == 0) return place + ", but no trial is finished: all go on";
    const Doubles own = first(table, t, s);
    return place + ": trial " + text(t) + " has reported " + text(s) + ", the best is " + text(best(own)) + "; the median of the means of " +
           text(table.how_many_finished()) + (table.how_many_finished() == 1 ? " finished trial" : " finished trials") + " until there is " + text(right.threshold(table, t)) +
           (answer == 1 ? ", so it goes on" : ", so it is to be stopped") + why(tables, own);
  }
  return "";
}

// `finished` of the trials have reported everything, the others up to steps - 1. Where a trial's best and the median lie so near
// to each other that rounding could decide, the table is drawn again; but equal ones that every way of adding finds equal
// are in Equal, below.
Table random_table(size_t trials, size_t steps, size_t finished) {
  for (;;) {
    Table table{trials, steps, {}, {}, {}};
    // Squares: so the mean of several is not their median.
    for (float value : small_integers(trials * steps, 0, 1024)) table.accuracy.push_back(std::floor(value * value / 1024) / 1024);
    for (size_t t = 0; t < trials; ++t) table.reported.push_back(t < finished ? int(steps) : random_number(0, int(steps) - 1));
    for (size_t t = 0; t < trials; ++t) {  // in any order
      const size_t other = size_t(random_number(0, int(trials) - 1));
      std::swap(table.reported[t], table.reported[other]);
    }
    const auto near = [&](size_t t) {
      return table.reported[t] > 0 && std::abs(best(first(table, t, size_t(table.reported[t]))) - Rule().threshold(table, t)) < 1e-4;
    };
    bool decided = true;
    for (size_t t = 0; t < trials; ++t) decided = decided && (table.finished(t) || !near(t));
    if (decided) return table;
  }
}

std::string wrong_with(std::vector<Table> tables) {
  Trial trial;
  trial.give(int(tables.size()));
  for (const Table& t : tables) trial.give(int(t.trials)).give(int(t.steps)).give(t.accuracy).give(t.reported);
  Answers answers = trial.run();
  for (Table& table : tables) table.stop = answers.integers("stop", table.trials);
  for (const Table& table : tables)
    if (const std::string words = wrong_in(table, tables); !words.empty()) return words;
  return "";
}

// Numbers to follow by hand: the third trial has reported 1 of 4 steps, the fourth 2, the fifth nothing.
// covers: accuracy (trials, steps): | A running trial | The median of | stop (trials):
TEST(median_rule, ByHand) {
  EXPECT_RIGHT(wrong_with({{5, 4, {0.25f, 0.75f, 0.75f, 1,    0.5f, 0.5f, 0.5f, 0.5f,   0.25f, 0, 0, 0,   0.625f, 0.25f, 1, 1,   0, 1, 1, 1},
                            {4, 4, 1, 2, 0}, {}},
                           random_table(50, 4, 8), random_table(51, 5, 9), random_table(60, 3, 10), random_table(60, 6, 12)}));
}
TEST(median_rule, Equal) {
  // One finished trial whose running means are 1/2, 1/2, 5/8: the best of the others is just that, or a little off.
  const Floats finished = {0.5f, 0.5f, 0.875f, 0.625f};
  Table table{6, 4, finished, {4}, {}};
  const std::vector<Floats> rows = {{0.5f, 0, 0, 0}, {0.25f, 0.5f, 0, 0}, {0.5f, 0.25f, 0, 0}, {0.4990234375f, 0.25f, 0, 0}, {0.5009765625f, 0, 0, 0}};
  for (const Floats& row : rows) table.accuracy.insert(table.accuracy.end(), row.begin(), row.end());
  for (int reported : {1, 2, 2, 2, 1}) table.reported.push_back(reported);
  EXPECT_RIGHT(wrong_with({table, random_table(16, 4, 5), random_table(16, 4, 6)}));
}
// covers: A trial that has reported nothing
TEST(median_rule, NobodyIsFinished) {
  EXPECT_RIGHT(wrong_with({random_table(5, 3, 0), random_table(1, 6, 0), random_table(12, 7, 0), random_table(12, 7, 5)}));
}
// covers: A trial that has reported all
TEST(median_rule, AllAreFinished) { EXPECT_RIGHT(wrong_with({random_table(7, 3, 7), random_table(1, 1, 1), random_table(2, 5, 2), random_table(9, 5, 4)})); }
TEST(median_rule, AnyTable) {
  std::vector<Table> tables;
  for (int i = 0; i < 10; ++i) {
    const int trials = random_number(1, 60);
    tables.push_back(random_table(size_t(trials), size_t(random_number(1, 12)), size_t(random_number(0, trials))));
  }
  EXPECT_RIGHT(wrong_with(std::move(tables)));
}

// explains (the source): Source: D.

}  // namespace
