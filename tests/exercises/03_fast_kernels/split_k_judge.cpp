#include "tests/exercises/judge.h"

namespace {

// Whole numbers below 4096: products are exact, whether the compiler fuses multiplication and addition or not, and sums are
// rounded, so that the order of additions shows in the last bits.
struct Product {
  int m, n, k, parts;
  Floats a = small_integers(size_t(m) * size_t(k), -4095, 4095), b = small_integers(size_t(k) * size_t(n), -4095, 4095),
         old = small_integers(size_t(m) * size_t(n), 10000, 20000);  // what c holds before

  int begin(int part) const { return part * k / parts; }

  // The product over first <= p < end, in ascending order.
  Floats over(int first, int end) const {
    Floats sums(old.size(), 0.0f);
    for (int row = 0; row < m; ++row)
      for (int p = first; p < end; ++p)
        for (int column = 0; column < n; ++column)
          sums[size_t(row * n + column)] += a[size_t(row * k + p)] * b[size_t(p * n + column)];
    return sums;
  }
};

void add(Floats& sum, const Floats& operand) {
  for (size_t i = 0; i < sum.size(); ++i) sum[i] += operand[i];
}

Doubles doubles(const Floats& values) { return {values.begin(), values.end()}; }

std::string wrong_part(const Product& product, int part, const Floats& actual) {
  const int k = product.k, parts = product.parts, begin = product.begin(part), end = product.begin(part + 1);
  const std::string rest = "the last " + std::to_string(k % parts) + " of " + std::to_string(k) + " products of each sum";
  std::vector<Mistake> mistakes;
  if (end - begin < k) mistakes.push_back({"partial[" + std::to_string(part) + "] is the whole product; it is to have only its part of k", doubles(product.over(0, k))});
  const int length = k / parts, first = part * length;
  if (first != begin || first + length != end) {
    const std::string place = "part " + std::to_string(part) + " begins at " + std::to_string(begin) + " and ends before " + std::to_string(end);
    mistakes.push_back({place + "; yours is [" + std::to_string(first) + ", " + std::to_string(first + length) + "); and " + rest +
                            " are in no part, unless the last part takes them all",
                        doubles(product.over(first, first + length))});
    mistakes.push_back({place + "; yours is [" + std::to_string(first) + ", " + std::to_string(k) + ")", doubles(product.over(first, k))});
  }
  return compare_values("partial[" + std::to_string(part) + "]", actual, doubles(product.over(begin, end)), 0, mistakes, size_t(product.n));
}

// c, where all of partial is right.
std::string wrong_sum(const Product& product, const Floats& c) {
  const int parts = product.parts;
  Floats right(c.size(), 0.0f), descending(c.size(), 0.0f), added = product.old, short_of_one(c.size(), 0.0f);
  for (int part = 0; part < parts; ++part) {
    short_of_one = right;
    const Floats next = product.over(product.begin(part), product.begin(part + 1));
    const int other = parts - 1 - part;
    add(right, next);
    add(descending, product.over(product.begin(other), product.begin(other + 1)));
  }
  add(added, right);
  const std::string order = "partial is right; c is added up in another order than partial[0] + partial[1] + ...";
  const std::string words = compare_values(
      "c", c, doubles(right), 0,
      {{"c is the sum over the first " + std::to_string(parts - 1) + " of " + std::to_string(parts) + " parts", doubles(short_of_one)},
       {"c is as it was before", doubles(product.old)},
       {"c is added to what it held before; it is to be overwritten", doubles(added)},
       {order, doubles(descending)},
       {order + ": it has the bits of one sum over k", doubles(product.over(0, product.k))}},
      size_t(product.n));
  // A term is at most 2^24, so a partial sum is at most k 2^24, and each of its k + parts roundings at most 2^-24 of that.
  const double roundings = double(product.k) * (product.k + parts);
  return words.starts_with("c[") && within(c, doubles(right), 2 * roundings) ? order : words;
}

std::string wrong_with(const Product& product) {
  const auto& [m, n, k, parts, a, b, old] = product;
  Trial trial;
  Answers answers = trial.give(m).give(n).give(k).give(parts).give(a).give(b).give(old).run();
  const Floats partial = answers.floats("partial", size_t(parts) * old.size()), c = answers.floats("c", old.size());
  if (old.empty()) return "";
  const std::string with = " (m = " + std::to_string(m) + ", n = " + std::to_string(n) + ", k = " + std::to_string(k) +
                           ", parts = " + std::to_string(parts) + ")";
  for (int part = 0; part < parts; ++part) {
    const auto begin = partial.begin() + long(size_t(part) * old.size());
    const std::string text = wrong_part(product, part, Floats(begin, begin + long(old.size())));
    if (!text.empty()) return text + with;
  }
  if (const std::string text = wrong_sum(product, c); !text.empty()) return text + with;
  const Trial::Kernels& kernels = trial.kernels();
  if (kernels.launches >= 0 && kernels.launches != 2)
    return "all is right, but the number of launches is " + std::to_string(kernels.launches) + "; two kernels are asked for" + with;
  if (kernels.launches >= 0 && kernels.blocks * kernels.threads < m * n)
    return "all is right, but the last kernel has " + std::to_string(kernels.blocks * kernels.threads) + " threads for " + std::to_string(m * n) +
           " elements of c" + with;
  return "";
}

// covers: c (m, n) = a | Write two kernels | What c held | partial is memory
TEST(split_k, PartsOfEqualLength) { EXPECT_RIGHT(wrong_with({.m = 5, .n = 40, .k = 400, .parts = 4})); }
// covers: So k is cut | The order makes the bits
TEST(split_k, KIsNoMultipleOfParts) { EXPECT_RIGHT(wrong_with({.m = 3, .n = 2, .k = 103, .parts = 4})); }
// covers: m, n and k may be 0
TEST(split_k, OddSizes) {
  for (const auto& [m, n, k, parts] :
       {std::array{1, 1, 1, 1}, {2, 3, 2, 5}, {33, 9, 50, 7}, {3, 4, 0, 2}, {0, 3, 5, 2}, {4, 0, 3, 3}})
    EXPECT_RIGHT(wrong_with({.m = m, .n = n, .k = k, .parts = parts}));
}

// unchecked (launches are not counted): Write two kernels

// explains (why the sums are cut): In the backward pass | A thread for each element of c, as in

}  // namespace
