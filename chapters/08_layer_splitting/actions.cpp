#include "chapters/08_layer_splitting/actions.h"

#include <string>

#include "common/error.h"

namespace {

constexpr int largest_tag = 32767;  // MPI-3.1, section 8.1.2: MPI_TAG_UB is at least this

// The chunk that needs the output of this step, or -1: the first chunk's backward pass has none.
int next_chunk(const Step& step, int chunks) {
  const int next = step.pass == Pass::forward ? step.chunk + 1 : step.chunk - 1;
  return next < chunks ? next : -1;
}

int previous_chunk(const Step& step, int chunks) {
  const int previous = step.pass == Pass::forward ? step.chunk - 1 : step.chunk + 1;
  return previous < chunks ? previous : -1;
}

}  // namespace

std::vector<Action> actions_of(const Schedule& schedule, int stage) {
  std::vector<Action> actions;
  for (const Step& step : schedule.steps[size_t(stage)]) {
    const int previous = previous_chunk(step, schedule.chunks()), next = next_chunk(step, schedule.chunks());
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
