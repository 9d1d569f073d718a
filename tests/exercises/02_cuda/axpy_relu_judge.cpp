#include "tests/exercises/judge.h"

namespace {

// y = max(0, a x + y). Small whole numbers: exact, whether the compiler fuses multiplication and addition or not.
std::string wrong_with(size_t n) {
  const Floats x = small_integers(n), y = small_integers(n);
  const float a = 3;
  Trial trial;
  const Floats actual = trial.give(int(n)).give(a).give(x).give(y).run().floats("y", n);
  if (n == 0) return "";

  Doubles right(n), without_y(n), without_relu(n);
  for (size_t i = 0; i < n; ++i) {
    without_relu[i] = a * double(x[i]) + y[i];
    right[i] = std::max(0.0, without_relu[i]);
    without_y[i] = std::max(0.0, a * double(x[i]));
  }
  for (const size_t computed : {n / 256 * 256, n - 1}) {
    Doubles part = right;
    for (size_t i = computed; i < n; ++i) part[i] = y[i];
    if (within(actual, part, 0) && !within(actual, right, 0))
      return "only the first " + std::to_string(computed) + " of " + std::to_string(n) + " elements are computed";
  }
  const std::string words = compare_values("y", actual, right, 0,
                                           {{"y has max(0, a x): y itself is missing", without_y},
                                            {"y has negative elements: max(0, ...) is missing", without_relu}});
  if (!words.empty() || trial.kernels().launches < 0) return words;
  const Trial::Kernels& k = trial.kernels();
  if (k.launches != 1) return "y is right, but " + std::to_string(k.launches) + " kernels are launched; one is asked for";
  if (k.threads != 256) return "y is right, but a block has " + std::to_string(k.threads) + " threads; 256 are asked for";
  const long blocks = long(n + 255) / 256;
  if (k.blocks != blocks)
    return "y is right, but there are " + std::to_string(k.blocks) + " blocks for " + std::to_string(n) + " elements; with one thread an element there are " +
           std::to_string(blocks);
  return "";
}

// covers: y[i] = max(0
TEST(axpy_relu, WholeBlocks) { EXPECT_RIGHT(wrong_with(512)); }
// covers: x and y (n) are
TEST(axpy_relu, TheLastBlockIsNotFull) {
  for (const size_t n : {300u, 1u, 255u, 257u}) EXPECT_RIGHT(wrong_with(n));
}
// covers: n may be 0
TEST(axpy_relu, NothingToDo) {
  try {
    wrong_with(0);
  } catch (const NoAnswer& reason) {
    FAIL() << "with n = 0: " << reason.what();
  }
}

// unchecked (the shape of the launch is not looked at): y[i] = max(0

// explains (nobody can tell whether it waits): Need not wait
// explains (where to write): The kernel stands above

}  // namespace
