#include "tests/exercises/08_layer_splitting/pipeline.h"

namespace {

using Integers = std::vector<int>;

struct Network {
  Integers weights, activations;
  int limit, micro_batches;

  int layers() const { return int(weights.size()); }
  int kept(int stage, int stages) const { return std::min(stages - stage, micro_batches); }
  int needed(int first, int last, int kept) const {
    int sum = 0;
    for (int l = first; l < last; ++l) sum += weights[size_t(l)] + kept * activations[size_t(l)];
    return sum;
  }
  // By trying every cut: reachable[l] tells whether [0, l) fits into the stages so far.
  bool fits(int stages) const {
    std::vector<bool> reachable(size_t(layers()) + 1);
    reachable[0] = true;
    for (int stage = 0; stage < stages; ++stage) {
      std::vector<bool> next(reachable.size());
      for (int first = 0; first < layers(); ++first)
        for (int last = first + 1; reachable[size_t(first)] && last <= layers(); ++last)
          if (needed(first, last, kept(stage, stages)) <= limit) next[size_t(last)] = true;
      reachable = next;
    }
    return reachable[size_t(layers())];
  }
  int fewest() const {
    for (int stages = 1; stages <= layers(); ++stages)
      if (fits(stages)) return stages;
    return 0;
  }
};

std::string wrong_cut(const Network& network, int stages, const Integers& first) {
  if (first[0] != 0) return "first[0] is " + text(first[0]) + ", not 0";
  for (int stage = 0; stage < stages; ++stage) {
    const int from = first[size_t(stage)], to = first[size_t(stage) + 1], kept = network.kept(stage, stages);
    if (to <= from || to > network.layers())
      return "stage " + text(stage) + " of " + text(stages) + " has no layer: first[" + text(stage) + "] is " + text(from) +
             ", first[" + text(stage + 1) + "] is " + text(to);
    if (const int needed = network.needed(from, to, kept); needed > network.limit)
      return "stage " + text(stage) + " of " + text(stages) + ", layers " + text(from) + " to " + text(to - 1) + ", needs " +
             text(needed) + " KiB (it keeps " + text(kept) + " micro-batches); the limit is " + text(network.limit);
  }
  if (first[size_t(stages)] < network.layers())
    return text(network.layers() - first[size_t(stages)]) + " layers are on no stage";
  return "";
}

std::string wrong_with(const Network& network) {
  Answers answers = Trial().give(network.layers()).give(network.limit).give(network.micro_batches).give(network.weights)
                        .give(network.activations).run();
  const int stages = int(answers.number("the number of stages")), fewest = network.fewest();
  const Integers first = answers.integers("first", network.weights.size() + 1);
  std::string where = " (" + text(network.micro_batches) + " micro-batches, limit " + text(network.limit) + "; weights";
  for (int w : network.weights) where += " " + text(w);
  where += ", activations";
  for (int a : network.activations) where += " " + text(a);
  where += ")";
  if (stages < 0 || stages > network.layers()) return "returns " + text(stages) + " stages" + where;
  if (stages == 0)
    return fewest == 0 ? "" : "returns 0, but a cut into " + text(fewest) + (fewest == 1 ? " stage" : " stages") + " is possible" + where;
  if (const std::string words = wrong_cut(network, stages, first); !words.empty()) return words + where;
  return stages == fewest ? "" : "cuts into " + text(stages) + " stages; " + text(fewest) + " is possible" + where;
}

// covers: Layers are cut | No stage may need | first (layers + 1):
TEST(split_by_memory, SmallNetworks) {
  EXPECT_RIGHT(wrong_with({{10}, {1}, 11, 4}));
  EXPECT_RIGHT(wrong_with({{10, 10, 10, 10}, {1, 1, 1, 1}, 24, 4}));
  EXPECT_RIGHT(wrong_with({{10, 10, 10, 10}, {0, 0, 0, 0}, 20, 4}));
  EXPECT_RIGHT(wrong_with({{2, 2, 2, 40}, {1, 1, 1, 1}, 41, 8}));
}
// covers: Stage s of p | Returns p
TEST(split_by_memory, MoreStagesDoNotAlwaysHelp) {
  EXPECT_RIGHT(wrong_with({{1, 1, 1, 1}, {10, 10, 10, 10}, 20, 8}));  // none at all
  EXPECT_RIGHT(wrong_with({{1, 1, 1, 1}, {10, 10, 10, 10}, 21, 2}));  // two at most are kept
  EXPECT_RIGHT(wrong_with({{1, 1, 1, 30, 30}, {9, 9, 9, 1, 1}, 60, 8}));
}
TEST(split_by_memory, ManyLayers) {
  for (int trial = 0; trial < 6; ++trial) {
    const size_t layers = size_t(random_number(8, 20));
    const int micro_batches = random_number(1, 6);
    EXPECT_RIGHT(wrong_with({random_labels(layers, 20), random_labels(layers, 6), random_number(45, 90), micro_batches}));
  }
}

// explains (what the judge gives): weights, activations

}  // namespace
