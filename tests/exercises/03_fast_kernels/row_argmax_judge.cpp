#include <algorithm>

#include "tests/exercises/judge.h"

namespace {

// The first of the largest elements of one row of z among the columns for which `counts` holds; the row's end if there are none.
template <class Counts>
size_t first_largest(const float* row, size_t classes, Counts counts) {
  size_t best = classes;
  for (size_t j = 0; j < classes; ++j)
    if (counts(j) && (best == classes || row[j] > row[best])) best = j;
  return best;
}

// A maximum that one row does not have: what may have been left out?
std::string wrong_maximum(const Floats& z, const float* row, size_t classes, float actual) {
  if (actual == 0 && *std::max_element(row, row + classes) < 0)
    return "; all elements of this row are negative: where does the search begin?";
  const size_t near = first_largest(row, classes, [](size_t j) { return j < 32; });
  if (row[near] == actual) return "; columns from 32 on are never looked at";
  for (const size_t lane : {1u, 2u, 4u, 8u, 16u}) {
    const size_t best = first_largest(row, classes, [&](size_t j) { return (j & lane) == 0; });
    if (classes > lane && row[best] == actual && classes >= 32)
      return "; only half of the lanes count: nobody asks lane ^ " + std::to_string(lane);
  }
  if (std::count(row, row + classes, actual) == 0 && std::count(z.begin(), z.end(), actual) > 0)
    return "; that element belongs to another row";
  return "";
}

std::string wrong_with(size_t rows, size_t classes, const Floats& z) {
  Trial trial;
  Answers answers = trial.give(int(rows)).give(int(classes)).give(z).run();
  const Floats maximum = answers.floats("maximum", rows);
  const std::vector<int> best = answers.integers("best", rows);
  for (size_t r = 0; r < rows; ++r) {
    const float* row = z.data() + r * classes;
    const size_t right = first_largest(row, classes, [](size_t) { return true; });
    const std::string with = " (rows = " + std::to_string(rows) + ", classes = " + std::to_string(classes) + ")";
    const std::string place = "[" + std::to_string(r) + "] is ";
    if (maximum[r] != row[right])
      return "maximum" + place + std::to_string(maximum[r]) + "; it should be " + std::to_string(row[right]) +
             wrong_maximum(z, row, classes, maximum[r]) + with;
    if (best[r] == int(right)) continue;
    const std::string is = "best" + place + std::to_string(best[r]) + "; it should be " + std::to_string(right);
    if (best[r] > int(right) && best[r] < int(classes) && row[best[r]] == row[right])
      return is + ": of equal elements the first" + with;
    return is + ": maximum is right, best is not: does the column travel with its value?" + with;
  }
  if (trial.kernels().global_atomics > 0) return "all is right, but by atomic operations; the lanes are to ask each other by shuffles";
  if (trial.kernels().shared > 0) return "all is right, but by shared memory; the lanes are to ask each other by shuffles";
  return "";
}

// Every place has its turn as the maximum, so that no lane can be left out.
// covers: For each row r | Then the lanes find | A warp takes a row
TEST(row_argmax, EveryColumnOnce) {
  for (const size_t classes : {32u, 80u}) {
    Floats z = random_floats(classes * classes);
    const Floats larger = random_floats(classes, 2, 3);
    for (size_t r = 0; r < classes; ++r) z[r * classes + (7 * r + 5) % classes] = larger[r];
    EXPECT_RIGHT(wrong_with(classes, classes, z));
  }
}

TEST(row_argmax, OnlyNegativeElements) { EXPECT_RIGHT(wrong_with(9, 40, random_floats(360, -9, -1))); }

TEST(row_argmax, EqualElements) { EXPECT_RIGHT(wrong_with(32, 100, small_integers(3200, 0, 3))); }

// covers: All are device memory
TEST(row_argmax, FewColumns) {
  for (const auto& [rows, classes] : {std::array<size_t, 2>{17, 10}, {6, 1}, {1, 33}, {0, 5}})
    EXPECT_RIGHT(wrong_with(rows, classes, random_floats(rows * classes)));
}

// unchecked (how the lanes find it is not looked at): Then the lanes find

// explains (what the judge gives, and the launch that is given): No element is NaN | There are 4 warps

}  // namespace
