#include <algorithm>

#include "tests/exercises/judge.h"

namespace {

using Ints = std::vector<int>;

Ints counted(const Ints& labels, size_t first, size_t end, int classes) {
  Ints counts(size_t(classes), 0);
  for (size_t i = first; i < end; ++i)
    if (labels[i] >= 0 && labels[i] < classes) ++counts[size_t(labels[i])];
  return counts;
}

std::string wrong_with(const Ints& labels, int classes) {
  const size_t n = labels.size();
  const Ints old = random_labels(size_t(classes), 1000);
  Trial trial;
  Answers answers = trial.give(int(n)).give(classes).give(labels).give(old).run();
  const Ints counts = answers.integers("counts", size_t(classes)), right = counted(labels, 0, n, classes);
  const std::string with = " (n = " + std::to_string(n) + ", classes = " + std::to_string(classes) + ")";
  if (const Trial::Kernels& k = trial.kernels(); counts == right && k.launches >= 0) {
    if (k.blocks != 8 || k.threads != 128)
      return "counts is right, but the launch has " + std::to_string(k.blocks) + " blocks of " + std::to_string(k.threads) +
             " threads; 8 of 128 are asked for" + with;
    const long labels_that_count = std::count_if(labels.begin(), labels.end(), [&](int label) { return label >= 0 && label < classes; });
    if (k.shared < labels_that_count)
      return "counts is right, but shared memory is touched " + std::to_string(k.shared) + " times for " + std::to_string(labels_that_count) +
             " labels: each label is to be counted there" + with;
    if (k.global_atomics > 8 * classes)
      return "counts is right, but there are " + std::to_string(k.global_atomics) + " additions in global memory; one for each block and class are " +
             std::to_string(8 * classes) + " at most" + with;
  }
  if (counts == right) return "";

  Ints added = right;
  for (size_t c = 0; c < added.size(); ++c) added[c] += old[c];
  if (counts == added) return "counts is added to what it held before; it is to be overwritten" + with;
  if (counts == old) return "counts is as it was before" + with;
  for (const size_t some : {128u, 1024u})
    if (n > some && counts == counted(labels, 0, some, classes))
      return "only the first " + std::to_string(some) + " of " + std::to_string(n) + " labels are counted";
  size_t c = 0;
  while (counts[c] == right[c]) ++c;
  return "counts[" + std::to_string(c) + "] is " + std::to_string(counts[c]) + "; it should be " +
         std::to_string(right[c]) + with;
}

// covers: counts[c] = how many | What counts held | Launched with 8 blocks | A block counts its part
TEST(label_histogram, Digits) { EXPECT_RIGHT(wrong_with(random_labels(5000, 10), 10)); }

TEST(label_histogram, MoreClassesThanThreads) {
  for (const int classes : {300, 1024}) {
    Ints labels(size_t(2 * classes));
    for (size_t i = 0; i < labels.size(); ++i) labels[i] = int(i) / 2;
    EXPECT_RIGHT(wrong_with(labels, classes));
  }
}

// covers: Labels below 0
TEST(label_histogram, LabelsThatAreNone) {
  Ints labels = random_labels(300, 12);
  for (int& label : labels) label -= 1;
  labels[7] = -1, labels[8] = 10;
  EXPECT_RIGHT(wrong_with(labels, 10));
}

// covers: counts (classes) and labels
TEST(label_histogram, SmallSizes) {
  EXPECT_RIGHT(wrong_with(random_labels(1, 3), 3));
  EXPECT_RIGHT(wrong_with(random_labels(129, 1), 1));
  EXPECT_RIGHT(wrong_with({}, 7));
}

}  // namespace
