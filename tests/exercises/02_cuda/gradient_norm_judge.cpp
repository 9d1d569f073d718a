#include <algorithm>
#include <cstdio>
#include <numeric>

#include "tests/exercises/judge.h"

namespace {

constexpr size_t threads = 256;
enum Order { ascending, descending, shuffled };  // of threads and blocks on the CPU, see the main
const char* const order_names[] = {"ascending", "descending", "shuffled"};

struct Launch {
  Floats x;
  size_t blocks;
  bool whole_numbers;
  float old_sum = float(random_number(100, 999));  // what sum holds before
};
Launch of_integers(size_t n, size_t blocks) { return {small_integers(n, 1, 8), blocks, true}; }

struct Result {
  Floats sum, partial;
  int arrived;
};

// All launches in one process: they share the counter.
std::vector<Result> results_of(const std::vector<Launch>& launches, Order order) {
  Trial trial;
  trial.give(order).give(int(launches.size()));
  for (const Launch& launch : launches)
    trial.give(int(launch.x.size())).give(int(launch.blocks)).give(launch.x).give(Floats{launch.old_sum});
  Answers answers = trial.run();
  std::vector<Result> results;
  for (const Launch& launch : launches) {
    Result& result = results.emplace_back();
    result.sum = answers.floats("sum", 1);
    result.partial = answers.floats("partial", launch.blocks);
    result.arrived = answers.integers("arrived", 1)[0];
  }
  return results;
}

// partial, if only elements count for which `counts` of their index holds.
template <class Counts>
Doubles partial_of(const Launch& launch, Counts counts) {
  Doubles sums(launch.blocks);
  for (size_t i = 0; i < launch.x.size(); ++i)
    if (counts(i)) sums[i / threads % launch.blocks] += double(launch.x[i]) * launch.x[i];
  return sums;
}
double sum_of(const Doubles& values) { return std::accumulate(values.begin(), values.end(), 0.0); }
std::string text(size_t number) { return std::to_string(number); }

std::string wrong_sum(const Launch& launch, const Result& result, const Doubles& right, double bound) {
  const size_t n = launch.x.size(), at_once = threads * launch.blocks;
  std::vector<Mistake> mistakes = {
      {"sum is as it was before: does any block find itself the last?", {launch.old_sum}},
      {"sum is added to what it held before; it is to be overwritten", {launch.old_sum + sum_of(right)}}};
  const auto only = [&](const std::string& words, auto counts) {
    mistakes.push_back({words, {sum_of(partial_of(launch, counts))}});
  };
  only("sum has only the elements of thread 0 of each block", [](size_t i) { return i % threads == 0; });
  for (const size_t end : {threads, at_once})
    only("sum has only the first " + text(end) + " of " + text(n) + " elements",
         [=](size_t i) { return i < end; });
  for (const size_t whole : {at_once, threads})
    only("the last " + text(n % whole) + " of " + text(n) + " elements are not in sum",
         [=](size_t i) { return i < n / whole * whole; });
  for (size_t bit = 1; bit < threads; bit *= 2)
    only("half of the threads are not in sum: nobody adds squares[t + " + text(bit) + "]",
         [=](size_t i) { return (i & bit) == 0; });
  mistakes.push_back(
      {"partial[" + text(launch.blocks - 1) + "] is not in sum", {sum_of(right) - right.back()}});
  return compare_values("sum", result.sum, {sum_of(right)}, bound, mistakes);
}

std::string wrong_result(const Launch& launch, const Result& result) {
  const Doubles right = partial_of(launch, [](size_t) { return true; });
  // All terms are positive, so an addition is rounded by at most 2^-24 of the sum that it is part of. A block has no more of
  // them than elements, the last block one more for each block. Twice that: the squares are rounded, too.
  const size_t rounds = (launch.x.size() + threads * launch.blocks - 1) / (threads * launch.blocks);
  const double unit = launch.whole_numbers ? 0 : 0x1p-23, elements = double(rounds * threads);
  const double bound = unit * (elements + double(launch.blocks)) * sum_of(right),
               partial_bound = unit * elements * *std::max_element(right.begin(), right.end());
  const std::string sum = wrong_sum(launch, result, right, bound);
  if (!sum.empty() && !sum.starts_with("sum[")) return sum;
  if (const std::string words = compare_values("partial", result.partial, right, partial_bound);
      !words.empty())
    return words;
  if (!sum.empty()) return "partial is right; " + sum;
  if (result.arrived != 0)
    return "sum is right, but arrived is " + std::to_string(result.arrived) +
           " when all is done; it is to be 0, or the next launch goes on counting from there";
  return "";
}

std::string wrong_with(const std::vector<Launch>& launches, Order order = ascending) {
  const std::vector<Result> results = results_of(launches, order);
  for (size_t i = 0; i < launches.size(); ++i) {
    std::string words = wrong_result(launches[i], results[i]);
    if (words.empty()) continue;
    words += " (n = " + text(launches[i].x.size()) + ", blocks = " + text(launches[i].blocks);
    if (i > 0) words += ", launch " + text(i + 1) + "; those before it are right";
    if (order != ascending) words += "; with CUDA_ON_CPU_ORDER=" + std::string(order_names[order]);
    return words + ")";
  }
  return "";
}

// "" or the first element that differs between two launches for the same x.
std::string other_bits(const std::string& name, const Floats& a, const Floats& b, const std::string& where) {
  for (size_t i = 0; i < a.size(); ++i)
    if (a[i] != b[i]) {
      char numbers[100];
      std::snprintf(numbers, sizeof numbers, "%.9g and %.9g", double(a[i]), double(b[i]));
      return name + "[" + text(i) + "] has not the same bits in " + where + ": " + numbers +
             ". Something is added in the order in which threads or blocks come";
    }
  return "";
}

std::string other_bits(const Result& a, const Result& b, const std::string& where) {
  const std::string partial = other_bits("partial", a.partial, b.partial, where);
  return partial.empty() ? other_bits("sum", a.sum, b.sum, where) : partial;
}

// covers: sum[0] = x[0]² | Thread t of block b | x (n), sum (1)
TEST(gradient_norm, OneLaunch) { EXPECT_RIGHT(wrong_with({of_integers(5000, 7)})); }
// covers: Then it counts itself in | The block that comes last | What sum and partial held
TEST(gradient_norm, SeveralLaunches) {
  EXPECT_RIGHT(wrong_with({of_integers(3000, 5), of_integers(5000, 7), of_integers(700, 2)}));
}
// covers: n may be 0
TEST(gradient_norm, OddSizes) {
  EXPECT_RIGHT(wrong_with({of_integers(1, 1), of_integers(0, 3), of_integers(255, 1), of_integers(257, 2),
                           of_integers(100, 9), of_integers(256, 300),
                           of_integers(size_t(random_number(1, 9000)), 4)}));
}
// covers: The block adds up | __threadfence() between
TEST(gradient_norm, AnyOrder) {
  for (const Order order : {descending, shuffled})
    EXPECT_RIGHT(wrong_with({of_integers(5000, 7), of_integers(900, 3)}, order));
}
// covers: No addition may depend
TEST(gradient_norm, SameBits) {
  const Launch launch{random_floats(9000), 11, false};
  const std::vector<Launch> twice = {launch, launch};
  EXPECT_RIGHT(wrong_with(twice));
  const std::vector<Result> results = results_of(twice, ascending);
  EXPECT_RIGHT(other_bits(results[0], results[1], "two launches for the same x"));
  for (const Order order : {descending, shuffled})
    EXPECT_RIGHT(
        other_bits(results[0], results_of(twice, order)[1],
                   "two runs, with CUDA_ON_CPU_ORDER=ascending and =" + std::string(order_names[order])));
}

// explains (why, and what nothing here finds out): That a block has counted | By CUDA's rules

}  // namespace
