// What a stage does for its steps, message by message.
//
// The executor walks this list, and the checker walks the same list: what is proved is what runs.
#pragma once

#include <vector>

#include "chapters/08_layer_splitting/schedule.h"

enum class Do {
  post_receive,   // says where the step's input is to be written when it comes, and goes on
  receive,        // the step's input, from the stage with the chunk before (forward) or after (backward): waits for it
  wait_for_send,  // until the last message from the buffer that this step will write is under way to a posted receive
  compute,
  send,  // the step's output: begins to, and goes on; that of a backward step not later than here: see Pipeline::send
};

struct Action {
  Do what = Do::compute;
  Step step;
  int other = -1;  // the stage at the other end of a message; this stage itself where it has both chunks
};

// The step whose output is the input of this one.
inline Step source_of(Step step) {
  step.chunk += step.pass == Pass::forward ? -1 : 1;
  return step;
}

// In the order in which `stage` does them. A receive is posted as soon as nobody needs what is in its slot, long before the
// step: so a message never waits for its receiver to come out of a product. At the end the stage waits for all its sends.
std::vector<Action> actions_of(const Schedule& schedule, int stage);

// Of the message that carries the output of `step`: direction, chunk and micro-batch. At most 32767, the largest that
// every MPI takes; so for very many micro-batches it repeats, after more of them than are ever under way.
// Throws Error for more than 1000 chunks.
int message_tag(const Step& step, int chunks);
