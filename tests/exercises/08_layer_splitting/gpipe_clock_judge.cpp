#include <climits>

#include "tests/exercises/08_layer_splitting/pipeline.h"

namespace {

using Times = std::vector<int>;  // (stages, micro_batches)

// A step as it should be: begins when its stage is free and its input there, whatever comes later.
struct TimedStep {
  bool is_forward;
  int stage, micro_batch, before;  // the stage that its input comes from; -1 if from none
  int free, input;                 // since when

  int begin() const { return std::max(free, input); }
  std::string words() const {
    return std::string(is_forward ? "the forward" : "the backward") + " of micro-batch " + text(micro_batch);
  }
};

struct Run {
  int stages, micro_batches, f, b, message;

  int at(int stage, int micro_batch) const { return stage * micro_batches + micro_batch; }

  // All steps by the time at which they begin: what a step waits for stands before it.
  std::vector<TimedStep> steps() const {
    std::vector<TimedStep> all;
    std::vector<int> free(size_t(stages), 0);  // by stage
    for (const bool is_forward : {true, false}) {
      const int first = is_forward ? 0 : stages - 1, away = is_forward ? 1 : -1, time = is_forward ? f : b;
      for (int m = 0; m < micro_batches; ++m)
        for (int i = 0, there = 0; i < stages; ++i) {
          const int stage = first + i * away;
          const TimedStep& step = all.emplace_back(
              TimedStep{is_forward, stage, m, i > 0 ? stage - away : -1, free[size_t(stage)], there});
          free[size_t(stage)] = step.begin() + time;
          there = free[size_t(stage)] + message;
        }
    }
    std::ranges::stable_sort(all, {}, &TimedStep::begin);
    return all;
  }

  std::string with() const {
    return " (" + text(stages) + (stages == 1 ? " stage, " : " stages, ") + text(micro_batches) +
           (micro_batches == 1 ? " micro-batch" : " micro-batches") + ", f = " + text(f) +
           ", b = " + text(b) + ", message = " + text(message) + ")";
  }
};

// A step that begins at `actual`, where all that it waits for is right.
std::string wrong_begin(const Run& run, const TimedStep& step, int actual) {
  const std::string begins = "stage " + text(step.stage) + " begins " + step.words() + " at " + text(actual);
  if (actual > step.begin())
    return begins + "; it could at " + text(step.begin()) + ", when it is free and has the input";
  if (step.before < 0 || step.free >= step.input) {
    if (actual < 0) return begins + ", and time begins at 0";
    const bool busy_forward = step.is_forward || step.micro_batch == 0;
    const int other = step.micro_batch > 0 ? step.micro_batch - 1 : run.micro_batches - 1;
    return begins + "; it is busy with the " + (busy_forward ? "forward" : "backward") + " of micro-batch " +
           text(other) + " until " + text(step.free);
  }
  const std::string behind = step.is_forward ? "; the stage before it" : "; the stage behind it";
  const int end = step.input - run.message;
  return begins + behind + " has only finished it at " + text(end) +
         (run.message > 0 ? ", and the message is there at " + text(step.input) : "");
}

std::string wrong_with(const Run& run) {
  const size_t n = size_t(run.stages) * size_t(run.micro_batches);
  Answers answers =
      Trial().give(run.stages).give(run.micro_batches).give(run.f).give(run.b).give(run.message).run();
  const Times forward = answers.integers("forward", n), backward = answers.integers("backward", n);

  // The right times, and those in other places.
  const std::vector<TimedStep> steps = run.steps();
  Times columns = forward, descending = backward;
  for (const TimedStep& step : steps)
    if (step.is_forward)
      columns[size_t(step.micro_batch * run.stages + step.stage)] = step.begin();
    else
      descending[size_t(run.at(step.stage, run.micro_batches - 1 - step.micro_batch))] = step.begin();

  for (const TimedStep& step : steps) {
    const size_t place = size_t(run.at(step.stage, step.micro_batch));
    const int actual = (step.is_forward ? forward : backward)[place];
    if (actual == step.begin()) continue;
    if (step.is_forward && forward == columns)
      return "[s * micro_batches + m] is the time of stage s and micro-batch m; in your forward it stands at "
             "[m * stages + s]" +
             run.with();
    if (actual == INT_MIN)
      return std::string(step.is_forward ? "forward[" : "backward[") + text(int(place)) +
             "] is never written: stage " + text(step.stage) + ", micro-batch " + text(step.micro_batch) +
             run.with();
    if (!step.is_forward && backward == descending)
      return "the backward steps are to be in the order of the forward steps, micro-batch 0 first; yours "
             "come in descending order" +
             run.with();
    return wrong_begin(run, step, actual) + run.with();
  }
  return "";
}

// covers: All stages are alike | A stage takes the forward | A step begins | Stage 0 has | The last stage needs
// covers: forward, backward
TEST(gpipe_clock, ThreeStages) {
  EXPECT_RIGHT(wrong_with({.stages = 3, .micro_batches = 4, .f = 1, .b = 2, .message = 0}));
  EXPECT_RIGHT(wrong_with({.stages = 3, .micro_batches = 4, .f = 2, .b = 3, .message = 1}));
}
// covers: What a step hands on | Meanwhile both
TEST(gpipe_clock, LongMessages) {
  EXPECT_RIGHT(wrong_with({.stages = 4, .micro_batches = 6, .f = 2, .b = 5, .message = 9}));
}
// covers: stages, micro_batches, f
TEST(gpipe_clock, OneOfEach) {
  EXPECT_RIGHT(wrong_with({.stages = 1, .micro_batches = 5, .f = 2, .b = 3, .message = 4}));
  EXPECT_RIGHT(wrong_with({.stages = 5, .micro_batches = 1, .f = 2, .b = 3, .message = 4}));
}
TEST(gpipe_clock, AnyNumbers) {
  for (int trial = 0; trial < 4; ++trial)
    EXPECT_RIGHT(wrong_with({.stages = random_number(2, 9),
                             .micro_batches = random_number(2, 12),
                             .f = random_number(1, 9),
                             .b = random_number(1, 9),
                             .message = random_number(0, 9)}));
}

}  // namespace
