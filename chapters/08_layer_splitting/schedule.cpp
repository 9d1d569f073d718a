#include "chapters/08_layer_splitting/schedule.h"

#include <algorithm>
#include <limits>

#include "common/error.h"

namespace {

// All steps of a stage in one pass. Micro-batches go in groups of as many as there are stages, also the last ones. A group passes
// all chunks of the stage before the next begins. Forward visits the chunks in order, backward in reverse.
std::vector<Step> steps_of_pass(Pass pass, int stages, int chunks_per_stage, int micro_batches, int stage) {
  std::vector<Step> steps;
  for (int group = 0; group < micro_batches; group += stages)
    for (int i = 0; i < chunks_per_stage; ++i) {
      const int chunk = stages * (pass == Pass::forward ? i : chunks_per_stage - 1 - i) + stage;
      for (int m = group; m < group + stages; ++m) steps.push_back({pass, chunk, m});
    }
  return steps;
}

// How many forward steps a stage is ahead: the first backward step follows after so many, and each further one after one
// more. This number is all in which the schedules differ, but for halves.
int forward_steps_ahead(const std::string& name, int stages, int chunks_per_stage, int stage) {
  const int stages_behind = stages - 1 - stage;
  if (name == "naive") return 1;
  if (name == "gpipe") return std::numeric_limits<int>::max();  // as many as there are
  // The first micro-batch goes to the last stage, one stage in each step, and meanwhile the next ones follow.
  if (name == "1f1b" || name == "zb-h1") return stages_behind + 1;
  // The first micro-batch can go back when it has been through all chunks. With 2 stages of 2 chunks, a and b:
  //
  //   stage 0 |0 1 0 1 2 . 0<     five forward steps before the first backward one: its group through all chunks but the last,
  //           |a a b b a   b      (v - 1) p = 2; the way to the last stage and back, one step for each stage behind and each
  //   stage 1 |. 0 1 0 0<         direction, 2; the step itself, 1
  //           |  a a b b
  if (name == "interleaved") return (chunks_per_stage - 1) * stages + 2 * stages_behind + 1;
  throw Error("schedule: unknown name " + name);
}

// By how many micro-batches the second half of backward lags behind the first one. A stage takes its first backward step sooner than
// stage 0 does, by a forward step for each stage before it. So it may keep as many micro-batches longer, and keeps as many as stage 0.
int weights_behind(int stage) { return stage; }

// Micro-batches that only fill the last group. What is left of a schedule that comes to an end comes to an end, too: a step
// waits for fewer others. To make the last group smaller instead looks simpler, and hangs (4 stages of 3 chunks, 5
// micro-batches): the numbers of forward_steps_ahead count on whole groups.
void leave_out_from(int micro_batches, std::vector<Step>& steps) {
  std::erase_if(steps, [&](const Step& step) { return step.micro_batch >= micro_batches; });
}

}  // namespace

int most_in_flight(const Schedule& schedule, int chunk) {
  int now = 0, most = 0;
  for (const Step& step : schedule.steps[size_t(schedule.stage_of(chunk))]) {
    if (step.chunk != chunk) continue;
    now += step.pass == Pass::forward ? 1 : step.pass == schedule.last_pass() ? -1 : 0;
    most = std::max(most, now);
  }
  return most;
}

Schedule make_schedule(const std::string& name, int stages, int chunks_per_stage, int micro_batches, int keep_every) {
  if (stages < 1 || chunks_per_stage < 1 || micro_batches < 1)
    throw Error("schedule: " + std::to_string(stages) + " stages, " + std::to_string(chunks_per_stage) +
                " chunks each, " + std::to_string(micro_batches) + " micro-batches: all must be at least 1");
  if (chunks_per_stage > 1 && name != "interleaved")
    throw Error("schedule: " + std::to_string(chunks_per_stage) + " chunks a stage need the interleaved one, not " + name);
  const bool halves = is_in_halves(name);
  if (halves && keep_every > 1)
    throw Error("schedule: " + name + " keeps all activations, not every " + std::to_string(keep_every) + "-th: it needs them twice");

  Schedule schedule{
      .stages = stages, .micro_batches = micro_batches, .slots = {}, .steps = {}, .keep_every = keep_every, .halves = halves};
  for (int stage = 0; stage < stages; ++stage) {
    const auto forward = steps_of_pass(Pass::forward, stages, chunks_per_stage, micro_batches, stage);
    const auto backward = steps_of_pass(Pass::backward, stages, chunks_per_stage, micro_batches, stage);
    const size_t ahead = size_t(forward_steps_ahead(name, stages, chunks_per_stage, stage));
    std::vector<Step>& steps = schedule.steps.emplace_back();
    size_t next = 0, ended = 0;
    const auto end_those_before = [&](size_t i) {
      for (; halves && ended < i; ++ended) steps.push_back({Pass::weights, backward[ended].chunk, backward[ended].micro_batch});
    };
    for (size_t i = 0; i < backward.size(); ++i) {
      while (next < std::min(i + ahead, forward.size())) steps.push_back(forward[next++]);
      steps.push_back(backward[i]);
      end_those_before(i + 1 - std::min(i + 1, size_t(weights_behind(stage))));
    }
    end_those_before(backward.size());
    leave_out_from(micro_batches, steps);
  }
  schedule.slots.assign(size_t(stages * chunks_per_stage), 1);
  for (int chunk = 0; chunk < schedule.chunks(); ++chunk) schedule.slots[size_t(chunk)] = most_in_flight(schedule, chunk);
  return schedule;
}

Schedule make_evaluation_schedule(const Schedule& training, int micro_batches) {
  Schedule schedule{training.stages, micro_batches, false, training.slots, {}};
  const int chunks_per_stage = training.chunks() / training.stages;
  for (int stage = 0; stage < training.stages; ++stage) {
    schedule.steps.push_back(steps_of_pass(Pass::forward, training.stages, chunks_per_stage, micro_batches, stage));
    leave_out_from(micro_batches, schedule.steps.back());
  }
  return schedule;
}

double idle_formula(const std::string& name, int stages, int chunks_per_stage, int micro_batches) {
  if (name == "naive") return (stages - 1.0) / stages;
  if (is_in_halves(name)) return 1 - 3.0 * micro_batches / (2.0 * micro_batches + std::max(micro_batches, stages) + stages - 1);
  return (stages - 1.0) / (double(chunks_per_stage) * micro_batches + stages - 1.0);
}
