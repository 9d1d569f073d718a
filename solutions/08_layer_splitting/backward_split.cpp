// A pipeline schedule in halves of backward in which no stage waits between its first step and its last.
#include <vector>

// The chapter's zb-h1 computes dx and dw in two steps, B and W, and keeps no more than 1f1b does. Stage 0 still waits between its
// first forward steps and its first B. A stage that may keep more can go on with F in that time.
struct Step {
  char kind;  // 'F' forward, 'B' gradient of the input, 'W' gradient of the weights
  int micro_batch;
};

// The steps of a stage in their order; stages 0, 1, ... `stages` - 1; micro_batches >= 2 · stages - 1. On a stage F of a
// micro-batch comes before its B, and B before W. F needs that of the stage before, B that of the stage behind.
//
// F, B and W take equally long: one slot. Stage s begins in slot s, when its first micro-batch arrives, and no stage waits from then
// on: it is done after 3 · micro_batches slots. A micro-batch is kept from its F to its W, and at no time may a stage keep more than
// 2 · stages - 1 of them.
// Source: Qi, Wan, Huang, Lin, "Zero Bubble Pipeline Parallelism", ICLR 2024, section 2: ZB-H2.
std::vector<Step> steps_of_stage(int stage, int stages, int micro_batches) {
  std::vector<Step> steps;
  // BEGIN SOLUTION
  const int ahead = 2 * (stages - stage) - 1, behind = 2 * stage;
  int forward = 0;
  for (; forward < ahead; ++forward) steps.push_back({'F', forward});
  for (int m = 0; m < micro_batches; ++m) {
    steps.push_back({'B', m});
    if (m >= behind) steps.push_back({'W', m - behind});
    if (forward < micro_batches) steps.push_back({'F', forward++});
  }
  for (int m = micro_batches - behind; m < micro_batches; ++m) steps.push_back({'W', m});
  // TODO
  // Draw the slots of 3 stages and 6 micro-batches. In which slot can stage s have its first B at the earliest, and how many F
  // fill the slots before? At the end stage 0 wants a B in every second slot: what must the others leave for later?
  // STUB
  // for (int m = 0; m < micro_batches; ++m) {
  //   steps.push_back({'F', m});
  //   steps.push_back({'B', m});
  //   steps.push_back({'W', m});
  // }
  // END SOLUTION
  return steps;
}
