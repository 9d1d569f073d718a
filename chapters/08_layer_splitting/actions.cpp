#include "chapters/08_layer_splitting/actions.h"

#include <string>

#include "common/error.h"

namespace {

constexpr int largest_tag = 32767;  // MPI-3.1, section 8.1.2: MPI_TAG_UB is at least this

// The chunk that needs the output of this step, or -1: the first chunk's backward pass has none, nor has a second half.
int next_chunk(const Step& step, int chunks) {
  if (step.pass == Pass::weights) return -1;
  const int next = step.pass == Pass::forward ? step.chunk + 1 : step.chunk - 1;
  return next < chunks ? next : -1;
}

// The chunk that makes its input, or -1: the first chunk's forward pass and the last one's backward pass have none, nor has a second
// half: all that it needs is in the slot.
int previous_chunk(const Step& step, int chunks) {
  if (step.pass == Pass::weights) return -1;
  const int previous = source_of(step).chunk;
  return previous < chunks ? previous : -1;
}

// Behind how many steps the slot of steps[i] is free: behind the last one in it, which is another micro-batch's or, before a backward
// step, the forward step of its own. (No gradient comes before the output has left; and the host has waited for that.)
size_t slot_is_free_after(const Schedule& schedule, const std::vector<Step>& steps, size_t i) {
  const Step& step = steps[i];
  const auto is_last_user = [&](const Step& other) {
    return other.chunk == step.chunk && schedule.slot(other) == schedule.slot(step);
  };
  while (i > 0 && !is_last_user(steps[i - 1])) --i;
  return i;
}

}  // namespace

std::vector<Action> actions_of(const Schedule& schedule, int stage) {
  const std::vector<Step>& steps = schedule.steps[size_t(stage)];
  std::vector<std::vector<Action>> to_post(steps.size() + 1);  // by the number of steps that are done
  for (size_t i = 0; i < steps.size(); ++i) {
    const int previous = previous_chunk(steps[i], schedule.chunks());
    if (previous < 0 || schedule.stage_of(previous) == stage) continue;
    to_post[slot_is_free_after(schedule, steps, i)].push_back({Do::post_receive, steps[i], schedule.stage_of(previous)});
  }

  std::vector<Action> actions;
  for (size_t i = 0; i < steps.size(); ++i) {
    const Step& step = steps[i];
    const int previous = previous_chunk(step, schedule.chunks()), next = next_chunk(step, schedule.chunks());
    actions.insert(actions.end(), to_post[i].begin(), to_post[i].end());
    if (previous >= 0) actions.push_back({Do::receive, step, schedule.stage_of(previous)});
    if (next >= 0) actions.push_back({Do::wait_for_send, step});
    actions.push_back({Do::compute, step});
    if (next >= 0) actions.push_back({Do::send, step, schedule.stage_of(next)});
  }
  return actions;
}

int message_tag(const Step& step, int chunks) {
  if (chunks > 1000) throw Error("pipeline: " + std::to_string(chunks) + " chunks, more than 1000");
  const int kinds = 2 * chunks, window = (largest_tag + 1) / kinds;
  return step.micro_batch % window * kinds + 2 * step.chunk + (step.pass == Pass::forward ? 0 : 1);
}
