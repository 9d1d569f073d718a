// A pipeline schedule whose backward pass is cut in two, so that hardly anybody waits.
#include <vector>

// Backward computes two things: dx, for which the stage before waits, and dw, for which nobody waits before the end of the
// step. So let them be two steps: B computes dx as early as possible, W computes dw whenever there is time.
struct Step {
  char kind;  // 'F' forward, 'B' gradient of the input, 'W' gradient of the weights
  int micro_batch;
};

// The steps of a stage in their order; stages 0, 1, ... `stages` - 1; micro_batches >= stages >= 1. On a stage F of a
// micro-batch comes before its B, and B before W. F needs that of the stage before, B that of the stage behind.
//
// F, B and W take equally long: one slot. All is to be done in 3 · micro_batches + stages - 1 slots, where 1f1b takes
// 3 · (micro_batches + stages - 1): it waits for dw, too. A micro-batch is kept from its F to its W, and at no time may a
// stage keep more than `stages` of them: that is what stage 0 keeps with 1f1b.
// Source: Qi, Wan, Huang, Lin, "Zero Bubble Pipeline Parallelism", ICLR 2024, section 2.
std::vector<Step> steps_of_stage(int stage, int stages, int micro_batches) {
  std::vector<Step> steps;
  // BEGIN SOLUTION
  int forward = 0;
  for (; forward < stages - stage; ++forward) steps.push_back({'F', forward});
  for (int m = 0; m < micro_batches; ++m) {
    steps.push_back({'B', m});
    if (m >= stage) steps.push_back({'W', m - stage});
    if (forward < micro_batches) steps.push_back({'F', forward++});
  }
  for (int m = micro_batches - stage; m < micro_batches; ++m) steps.push_back({'W', m});
  // TODO
  // Begin with 1f1b: some forward steps, then one B and one F in turns. Draw the slots of 3 stages and 4 micro-batches. By
  // how many micro-batches may W lag behind B on stage 0, 1, 2, if they all may keep as many as stage 0?
  // STUB
  // for (int m = 0; m < micro_batches; ++m) {
  //   steps.push_back({'F', m});
  //   steps.push_back({'B', m});
  //   steps.push_back({'W', m});
  // }
  // END SOLUTION
  return steps;
}
