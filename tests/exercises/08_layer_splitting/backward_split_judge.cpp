#include "tests/exercises/08_layer_splitting/pipeline.h"

namespace {

bool always_at_once(const Steps& steps) {
  for (size_t i = 0; i + 1 < steps.size(); ++i)
    if (steps[i].kind == 'B' && steps[i + 1] != Step{'W', steps[i].micro_batch}) return false;
  return true;
}

int forward_at_first(const Steps& steps) {
  return int(std::ranges::find_if(steps, [](const Step& step) { return step.kind != 'F'; }) - steps.begin());
}

std::string wrong_with(int stages, int micro_batches) {
  Answers answers = Trial().give(stages).give(micro_batches).run();
  Pipeline pipeline{stages, micro_batches, "FBW", {}, [](int rank, int) { return rank; }};
  for (int stage = 0; stage < stages; ++stage) pipeline.steps.push_back(read_steps(answers));
  const std::string where = " (" + text(stages) + " stages, " + text(micro_batches) + " micro-batches; rank s is stage s)";
  for (int stage = 0; stage < stages; ++stage)
    if (const std::string words = pipeline.wrong_list(stage); !words.empty()) return words + where;
  int slots = 0;
  std::vector<int> ends;
  if (const std::string words = pipeline.run(slots, &ends); !words.empty()) return words + where;
  for (int stage = 0; stage < stages; ++stage)
    if (const int kept = pipeline.most_kept(stage); kept > 2 * stages - 1)
      return "stage " + text(stage) + " keeps " + text(kept) + " micro-batches at once, from F to W; " + text(2 * stages - 1) +
             " are allowed" + where;
  for (int stage = 0; stage < stages; ++stage) {
    const int waits = ends[size_t(stage)] - stage - 3 * micro_batches;
    if (waits <= 0) continue;
    const std::string words = "stage " + text(stage) + " waits for " + text(waits) + (waits == 1 ? " slot" : " slots") + " between slot " +
                              text(stage) + " and its last step";
    if (std::ranges::all_of(pipeline.steps, always_at_once))
      return words + ": W follows B at once, so the stages before wait for W, too" + where;
    if (forward_at_first(pipeline.steps[0]) <= stages)
      return words + ": stage 0 begins with no more forward steps than in 1f1b, so nothing fills the slots before its first B" + where;
    return words + where;
  }
  return "";
}

// covers: The steps of a stage
TEST(backward_split, OneStage) { EXPECT_RIGHT(wrong_with(1, 3)); }
// covers: On a stage F | F needs that | F, B and W | Stage s begins
TEST(backward_split, ThreeStages) {
  EXPECT_RIGHT(wrong_with(3, 6));
  EXPECT_RIGHT(wrong_with(3, 5));
}
// covers: A micro-batch is kept
TEST(backward_split, AnyNumbers) {
  EXPECT_RIGHT(wrong_with(2, 7));
  EXPECT_RIGHT(wrong_with(5, 9));
  EXPECT_RIGHT(wrong_with(4, random_number(7, 20)));
  EXPECT_RIGHT(wrong_with(8, random_number(15, 30)));
}

// explains (the idea and its source): The chapter's zb-h1 | Stage 0 still | A stage that may | Source: Qi

}  // namespace
