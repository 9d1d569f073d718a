#include <cmath>

#include "tests/exercises/judge.h"

namespace {

struct Batch {
  int rows, classes;
  float smoothing, scale;
  float largest = 4;  // of the logits
  Floats z = random_floats(size_t(rows) * size_t(classes), -largest, largest);
  std::vector<int> labels = random_labels(size_t(rows), classes);

  // Each row's loss, then dz, for targets with `on` at the label and `off` elsewhere.
  struct Result {
    Doubles loss, dz;
  };
  Result result(double on, double off) const {
    Result all{Doubles(size_t(rows)), Doubles(z.size())};
    for (size_t r = 0; r < size_t(rows); ++r) {
      const float* row = z.data() + r * size_t(classes);
      double maximum = row[0], sum = 0;
      for (int j = 0; j < classes; ++j) maximum = std::max(maximum, double(row[j]));
      for (int j = 0; j < classes; ++j) sum += std::exp(row[j] - maximum);
      for (int j = 0; j < classes; ++j) {
        const double q = j == labels[r] ? on : off, log_p = row[j] - maximum - std::log(sum);
        all.loss[r] -= q * log_p;
        all.dz[r * size_t(classes) + size_t(j)] = scale * (std::exp(log_p) - q);
      }
    }
    return all;
  }
  Result right() const { return result(1 - smoothing + smoothing / classes, smoothing / classes); }
  Result ordinary() const { return result(1, 0); }
  Result over_the_others() const { return result(1 - smoothing, smoothing / (classes - 1)); }
  // A float holds 24 bits: the logits' differences, their exponentials and a sum of `classes` terms cost a few of the last.
  double bound() const { return 4e-6 * (1 + largest); }
};

Doubles times(const Doubles& values, double factor) {
  Doubles result = values;
  for (double& value : result) value *= factor;
  return result;
}

std::string wrong_with(const Batch& batch) {
  Answers answers = Trial()
                        .give(batch.rows)
                        .give(batch.classes)
                        .give(batch.smoothing)
                        .give(batch.scale)
                        .give(batch.z)
                        .give(batch.labels)
                        .run();
  const Floats loss = answers.floats("loss", size_t(batch.rows)), dz = answers.floats("dz", batch.z.size());
  const Batch::Result right = batch.right(), ordinary = batch.ordinary(), others = batch.over_the_others();
  const std::string words = compare_values(
      "loss", loss, right.loss, batch.bound(),
      {{"smoothing changes nothing: loss is that of the label alone", ordinary.loss},
       {"the target of the other classes is smoothing / (classes - 1); it is smoothing / classes, and the "
        "label has its share of it, too",
        others.loss},
       {"loss has the wrong sign", times(right.loss, -1)},
       {"loss is multiplied by scale; only dz is", times(right.loss, batch.scale)}});
  if (!words.empty()) return words;
  return compare_values("dz", dz, right.dz, batch.bound() * batch.scale,
                        {{"dz is not multiplied by scale", times(right.dz, 1 / batch.scale)},
                         {"dz belongs to the loss without smoothing", ordinary.dz},
                         {"dz has the wrong sign", times(right.dz, -1)},
                         {"dz belongs to targets of smoothing / (classes - 1)", others.dz}},
                        size_t(batch.classes));
}

// covers: Szegedy et al. | With p = softmax(z)
TEST(smoothed_softmax, LossAndGradient) {
  EXPECT_RIGHT(wrong_with({.rows = 16, .classes = 10, .smoothing = 0.1f, .scale = 1.0f / 16}));
}
// covers: 0 <= smoothing
TEST(smoothed_softmax, WithoutSmoothingItIsTheOrdinaryLoss) {
  EXPECT_RIGHT(wrong_with({.rows = 5, .classes = 3, .smoothing = 0, .scale = 0.2f}));
}
TEST(smoothed_softmax, OneRowManyClasses) {
  EXPECT_RIGHT(wrong_with({.rows = 1, .classes = 130, .smoothing = 0.5f, .scale = 1}));
}
// covers: Logits of 1000
TEST(smoothed_softmax, LargeLogits) {
  const std::string words =
      wrong_with({.rows = 8, .classes = 10, .smoothing = 0.2f, .scale = 0.5f, .largest = 1000});
  EXPECT_RIGHT(words.empty() ? "" : "with logits of 1000: " + words);
}

}  // namespace
