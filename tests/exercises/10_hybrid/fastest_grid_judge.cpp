#include <algorithm>
#include <cmath>

#include "tests/exercises/judge.h"

namespace {

struct Shape {
  int data = 0, pipeline = 0, tensor = 0;
  bool operator==(const Shape&) const = default;
};

std::string text(double number) {
  char words[32];
  std::snprintf(words, sizeof words, "%g", number);
  return words;
}
std::string text(const Shape& s) { return text(s.data) + " x " + text(s.pipeline) + " x " + text(s.tensor); }

struct Case {
  int layers, micro_batches;
  float computing, tensor_sums, gradient_sum, state, activations;
  int ranks, ranks_per_node;
  float memory = 1e30f;
};

// The rules of the task. A usual mistake breaks one of them.
enum Rule {
  short_groups, fullest_stage, bubble, nobody_to_sum_with, one_flight, shared_activations, gradients, nodes, memory, layers, none
};
// What it looks like; nothing where the grid itself says it.
const char* words_of(Rule rule) {
  switch (rule) {
    case short_groups: return "as if a group with no more ranks than a node were always on one; where does the second group begin?";
    case fullest_stage: return "as if the emptiest stage decided, not the fullest";
    case bubble: return "as if a step took M passes: the bubble is forgotten";
    case nobody_to_sum_with: return "as if a rank that is alone had to sum, too";
    case one_flight: return "as if a rank kept the activations of one micro-batch, not of min(M, P)";
    case shared_activations: return "as if every tensor rank kept all activations, not its T-th part";
    case gradients: return "as if the sum of the gradients took no time";
    default: return "";
  }
}

// All groups of tensor ranks, one after another, rank by rank.
bool groups_on_one_node(const Case& c, int tensor) {
  for (int rank = 0; rank < c.ranks; ++rank)
    if (rank / c.ranks_per_node != rank / tensor * tensor / c.ranks_per_node) return false;
  return true;
}
int layers_of(const Case& c, int pipeline, Rule broken) {
  if (broken == fullest_stage) return std::max(1, c.layers / pipeline);
  return c.layers / pipeline + (c.layers % pipeline > 0);
}
double seconds(const Case& c, const Shape& s, Rule broken = none) {
  const int layers = layers_of(c, s.pipeline, broken);
  const bool all = broken == nobody_to_sum_with;
  const double pass = layers * (double(c.computing) / s.tensor + (s.tensor > 1 || all ? c.tensor_sums : 0.0)) / s.data / c.micro_batches;
  const double sum = (s.data > 1 || all) && broken != gradients ? double(layers) * c.gradient_sum / s.tensor : 0.0;
  return pass * (c.micro_batches + (broken == bubble ? 0 : s.pipeline - 1)) + sum;
}
double bytes(const Case& c, const Shape& s, Rule broken = none) {
  const double flights = broken == one_flight ? 1 : std::min(c.micro_batches, s.pipeline);
  const double one = double(c.activations) / s.data / c.micro_batches / (broken == shared_activations ? 1 : s.tensor);
  return layers_of(c, s.pipeline, broken) * (double(c.state) / s.tensor + flights * one);
}
bool allowed(const Case& c, const Shape& s, Rule broken = none) {
  if (s.pipeline > c.layers && broken != Rule::layers) return false;
  if (broken == short_groups ? s.tensor > c.ranks_per_node : broken != nodes && !groups_on_one_node(c, s.tensor)) return false;
  return broken == Rule::memory || bytes(c, s, broken) <= c.memory;
}

std::vector<Shape> all_shapes(int ranks) {
  std::vector<Shape> shapes;
  for (int data = 1; data <= ranks; ++data)
    for (int pipeline = 1; pipeline <= ranks; ++pipeline)
      for (int tensor = 1; tensor <= ranks; ++tensor)
        if (data * pipeline * tensor == ranks) shapes.push_back({data, pipeline, tensor});
  return shapes;
}
Shape best(const Case& c, Rule broken = none) {
  Shape found;
  for (const Shape& s : all_shapes(c.ranks))
    if (allowed(c, s, broken) && (found.data == 0 || seconds(c, s, broken) < seconds(c, found, broken))) found = s;
  return found;
}

// Whether somebody who breaks this rule may return this grid: equally good ones may come in any order.
bool explains(const Case& c, const Shape& s, Rule broken) {
  const Shape chosen = best(c, broken);
  if (s == chosen) return true;
  if (s == Shape{} || chosen == Shape{} || !allowed(c, s, broken)) return false;
  return seconds(c, s, broken) < 1.00001 * seconds(c, chosen, broken);
}

// Whether another order of the same operations could change the answer.
bool is_close(const Case& c) {
  const Shape right = best(c);
  for (const Shape& s : all_shapes(c.ranks)) {
    if (std::abs(bytes(c, s) / c.memory - 1) < 1e-3) return true;
    if (right.data > 0 && s != right && allowed(c, s) && seconds(c, s) < 1.001 * seconds(c, right)) return true;
  }
  return false;
}

std::string in_words(const Case& c) {
  return text(c.ranks) + (c.ranks == 1 ? " rank, " : " ranks, ") + text(c.ranks_per_node) + " a node, " + text(c.layers) + (c.layers == 1 ? " layer" : " layers") + ", M = " + text(c.micro_batches) + ": ";
}
std::string wrong_shape(const Case& c, const Shape& s) {
  const Shape right = best(c);
  const std::string it = in_words(c) + text(s) + " is returned, ";
  if (s == Shape{}) return it + "but " + text(right) + " is allowed and fits";
  if (s.data < 1 || s.pipeline < 1 || s.tensor < 1 || s.data * s.pipeline * s.tensor != c.ranks) return it + "which is no grid of all ranks";
  if (!groups_on_one_node(c, s.tensor)) {
    int first = 0;
    while (first / c.ranks_per_node == (first + s.tensor - 1) / c.ranks_per_node) first += s.tensor;
    return it + "where the tensor ranks " + text(first) + " to " + text(first + s.tensor - 1) + " lie on two nodes";
  }
  if (s.pipeline > c.layers) return it + "where a stage is empty: there are more stages than layers";
  if (!allowed(c, s)) return it + "which needs " + text(bytes(c, s)) + " bytes a rank and does not fit into " + text(c.memory);
  return it + "whose step takes " + text(seconds(c, s)) + " s; " + text(right) + " takes " + text(seconds(c, right)) + " s, and fits";
}

std::string wrong_with(const std::vector<Case>& cases) {
  Trial trial;
  trial.give(int(cases.size()));
  for (const Case& c : cases) {
    trial.give(c.layers).give(c.micro_batches).give(c.computing).give(c.tensor_sums).give(c.gradient_sum).give(c.state);
    trial.give(c.activations).give(c.ranks).give(c.ranks_per_node).give(c.memory);
  }
  Answers answers = trial.run();
  std::vector<Shape> shapes;
  for (size_t i = 0; i < cases.size(); ++i) {
    const std::vector<int> numbers = answers.integers("the grid", 3);
    shapes.push_back({numbers[0], numbers[1], numbers[2]});
  }
  for (size_t i = 0; i < cases.size(); ++i) {
    if (shapes[i] == best(cases[i])) continue;
    const Shape& s = shapes[i];
    const std::string words = wrong_shape(cases[i], s);
    if (s.data * s.pipeline * s.tensor != cases[i].ranks && s != Shape{}) return words;
    // A rule that, broken, explains this answer and, but for a few that rounding decides, all others.
    for (int rule = short_groups; rule < nodes; ++rule) {
      size_t explained = 0;
      for (size_t k = 0; k < cases.size(); ++k) explained += explains(cases[k], shapes[k], Rule(rule));
      if (explains(cases[i], shapes[i], Rule(rule)) && 50 * explained >= 49 * cases.size()) return words + ", " + words_of(Rule(rule));
    }
    return words;
  }
  return "";
}

Case random_case(bool one_node) {
  for (;;) {
    const int ranks_of[] = {1, 2, 4, 6, 8, 12, 16, 18, 24, 30, 36};
    Case c{random_number(1, 14), random_number(1, 8), float(random_number(10, 100)), float(random_number(1, 12)), float(random_number(1, 30)),
           float(random_number(10, 100)), float(random_number(50, 800)), ranks_of[random_number(0, 10)], random_number(2, 9)};
    if (one_node) c.ranks_per_node = 36;
    else c.memory = float(random_number(15, 600));
    if (!is_close(c)) return c;
  }
}
std::string wrong_with_random(std::vector<Case> cases, bool one_node) {
  for (int i = 0; i < 150; ++i) cases.push_back(random_case(one_node));
  return wrong_with(cases);
}

// Memory without end; the first ones are small.
// covers: without the sums | A stage has layers | a micro-batch passes | No stage is empty
TEST(fastest_grid, OneNode) {
  EXPECT_RIGHT(wrong_with_random({{5, 1, 10, 2, 3, 1, 1, 1, 4}, {8, 8, 50, 90, 90, 1, 1, 4, 8}, {8, 4, 50, 30, 2, 1, 1, 8, 8}, {8, 4, 50, 1, 40, 1, 1, 8, 8}}, true));
}
// covers: A grid is data | Nodes have ranks_per_node | All tensor ranks | Returns the grid
TEST(fastest_grid, AnyJob) { EXPECT_RIGHT(wrong_with_random({}, false)); }

// explains (names of what is given): A network of | One batch of | Let L be

}  // namespace
