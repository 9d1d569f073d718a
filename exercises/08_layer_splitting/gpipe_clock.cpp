// The timetable of a gpipe run, where messages take time, too.
//
// Task 08_gpipe_clock: warm-up, 2 points. Try it: make ex-08_gpipe_clock

// All stages are alike: the forward step of a micro-batch takes f, its backward step b. A stage takes the forward steps of
// micro-batches 0, 1, 2, ..., then the backward steps of micro-batches 0, 1, 2, ...
//
// What a step hands on reaches the stage that needs it `message` after the step's end (in the chapter's plans: at once).
// Meanwhile both stages may compute, and further messages may be under way. A step begins as soon as its stage is free and its
// input is there. Stage 0 has all images at time 0. The last stage needs no message for a backward step, only its own forward
// step.
//
// forward, backward (stages, micro_batches): when stage s begins the step of micro-batch m stands at [s * micro_batches + m].
// stages, micro_batches, f and b are 1 or more, message is 0 or more, all in milliseconds.
void gpipe_clock(int* forward, int* backward, int stages, int micro_batches, int f, int b, int message) {
  // --- YOUR CODE (6 lines in ours)
  // These are the times of a single stage. Draw three stages and four micro-batches. When does the last stage turn round?
  for (int s = 0; s < stages; ++s)
    for (int m = 0; m < micro_batches; ++m) {
      forward[s * micro_batches + m] = m * f;
      backward[s * micro_batches + m] = micro_batches * f + m * b;
    }
  // --- END OF YOUR CODE
}
// As generated: 2710305878-1456
