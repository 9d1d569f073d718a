#include <bit>
#include <functional>

#include "tests/exercises/judge.h"

namespace {

float cut(float x) { return std::bit_cast<float>(std::bit_cast<uint32_t>(x) & 0xffff0000u); }
float nearest(float x) {
  const uint32_t bits = std::bit_cast<uint32_t>(x);
  return std::bit_cast<float>((bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000u);
}

// One way to do it: what is cut, how, and what is left.
struct Way {
  bool adds_rest = true;
  std::function<float(float)> cut = ::cut;
  std::function<float(float sum, float message, float gradient, float old)> left = [](float sum, float message, float, float) { return sum - message; };
};

struct Step {
  Floats message, rest;
  bool operator==(const Step&) const = default;
};

std::vector<Step> by(const Way& way, const std::vector<Floats>& gradients) {
  std::vector<Step> steps;
  Floats rest(gradients[0].size(), 0.0f);
  for (const Floats& gradient : gradients) {
    Step step{gradient, rest};
    for (size_t i = 0; i < rest.size(); ++i) {
      const float sum = way.adds_rest ? gradient[i] + rest[i] : gradient[i];
      step.message[i] = way.cut(sum);
      step.rest[i] = way.left(sum, step.message[i], gradient[i], rest[i]);
    }
    rest = step.rest;
    steps.push_back(step);
  }
  return steps;
}

std::string wrong_with(const std::vector<Floats>& gradients) {
  const size_t n = gradients[0].size();
  Trial trial;
  trial.give(int(n)).give(int(gradients.size()));
  for (const Floats& gradient : gradients) trial.give(gradient);
  Answers answers = trial.run();
  std::vector<Step> steps;
  for (size_t s = 0; s < gradients.size(); ++s) {
    Floats message = answers.floats("message", n);
    steps.push_back({message, answers.floats("rest", n)});
  }
  const std::vector<Step> right = by({}, gradients);
  if (steps == right) return "";

  Way way;
  way.left = [](float, float, float, float old) { return old; };
  if (steps == by(way, gradients)) return "rest never changes: what is cut off is lost";
  way = {}, way.adds_rest = false;
  if (steps == by(way, gradients)) return "the rest of earlier steps is not sent: gradient + rest is what is cut";
  way = {}, way.left = [](float, float message, float gradient, float) { return gradient - message; };
  if (steps == by(way, gradients)) return "rest is what the message lacks of the sum, not of the gradient alone";
  way = {}, way.left = [](float sum, float message, float, float old) { return old + (sum - message); };
  if (steps == by(way, gradients)) return "the old rest is in the sum already; added to the new one it counts twice";
  way = {}, way.left = [](float sum, float message, float, float) { return message - sum; };
  if (steps == by(way, gradients)) return "rest has the wrong sign: it is the sum less the message";
  way = {}, way.cut = nearest;
  if (steps == by(way, gradients)) return "the message is rounded to the nearest bf16; its lower bits are to be set to zero";
  for (size_t s = 0; s < steps.size(); ++s) {
    const std::string in_step = "in step " + std::to_string(s + 1) + ": ";
    std::string words = compare_values("message", steps[s].message, {right[s].message.begin(), right[s].message.end()}, 0);
    if (words.empty()) words = compare_values("rest", steps[s].rest, {right[s].rest.begin(), right[s].rest.end()}, 0);
    if (!words.empty()) return in_step + words;
  }
  return "";
}

// The same gradient in every step: a fourth of the spacing is left of it each time, and after four steps it is sent.
// covers: gradient (n) is | rest (n) is what earlier | message (n): gradient | rest (n) is afterwards
TEST(error_feedback, TheSameGradientAgainAndAgain) { EXPECT_RIGHT(wrong_with(std::vector<Floats>(6, {1 + 0x1p-9f, -1 - 3 * 0x1p-9f, 4, 0}))); }
TEST(error_feedback, AnyGradients) {
  std::vector<Floats> gradients;
  for (int step = 0; step < 8; ++step) gradients.push_back(random_floats(60));
  EXPECT_RIGHT(wrong_with(gradients));
  EXPECT_RIGHT(wrong_with({random_floats(1)}));
}

// explains (the source): Source: F.

}  // namespace
