#include "tests/exercises/08_layer_splitting/pipeline.h"

namespace {

bool always_at_once(const Steps& steps) {
  for (size_t i = 0; i + 1 < steps.size(); ++i)
    if (steps[i].kind == 'B' && steps[i + 1] != Step{'W', steps[i].micro_batch}) return false;
  return true;
}

std::string wrong_with(int stages, int micro_batches) {
  Answers answers = Trial().give(stages).give(micro_batches).run();
  Pipeline pipeline{stages, micro_batches, "FBW", {}, [](int rank, int) { return rank; }};
  for (int stage = 0; stage < stages; ++stage) pipeline.steps.push_back(read_steps(answers));
  const std::string where = " (" + text(stages) + " stages, " + text(micro_batches) + " micro-batches; rank s is stage s)";
  for (int stage = 0; stage < stages; ++stage)
    if (const std::string words = pipeline.wrong_list(stage); !words.empty()) return words + where;
  int slots = 0;
  if (const std::string words = pipeline.run(slots); !words.empty()) return words + where;
  const int possible = 3 * micro_batches + stages - 1;
  const std::string takes = "takes " + text(slots) + " slots; " + text(possible) + " are enough";
  if (slots > possible && stages > 1 && std::ranges::all_of(pipeline.steps, always_at_once))
    return takes + ": W follows B at once, so the stage before waits for W, too" + where;
  for (int stage = 0; stage < stages; ++stage)
    if (const int kept = pipeline.most_kept(stage); kept > stages)
      return "stage " + text(stage) + " keeps " + text(kept) + " micro-batches at once, from F to W; " + text(stages) +
             " are allowed" + where;
  return slots > possible ? takes + where : "";
}

// covers: The steps of a stage
TEST(backward_split, OneStage) { EXPECT_RIGHT(wrong_with(1, 3)); }
// covers: On a stage F | F needs that | F, B and W | All is to be done
TEST(backward_split, ThreeStages) {
  EXPECT_RIGHT(wrong_with(3, 4));
  EXPECT_RIGHT(wrong_with(3, 3));
}
// covers: A micro-batch is kept
TEST(backward_split, AnyNumbers) {
  EXPECT_RIGHT(wrong_with(2, 7));
  EXPECT_RIGHT(wrong_with(5, 5));
  EXPECT_RIGHT(wrong_with(4, random_number(5, 20)));
  EXPECT_RIGHT(wrong_with(8, random_number(8, 30)));
}

// explains (the idea and its source): Backward computes | So let them | Source: Qi

}  // namespace
