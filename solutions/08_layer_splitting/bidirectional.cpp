// A pipeline in both directions at once: every rank is early in one and late in the other.
#include <algorithm>
#include <vector>

struct Step {
  char kind;  // 'F' forward, 'B' backward
  int micro_batch;
};

// Rank r holds two stages: stage r for the micro-batches 0, 2, 4, ..., which go down from rank 0 to the last; and stage
// ranks - 1 - r for 1, 3, 5, ..., which go up from the last rank to rank 0. (So all weights are there twice.) Backward goes the
// other way round. While rank 0 waits for the first gradient from below, the micro-batches from below give it work.
//
// The steps of a rank in their order. `ranks` is even, micro_batches a multiple of it. F needs that of the stage before, B
// that of the stage behind, and F of a micro-batch comes before its B.
//
// F and B take one slot each. All is to be done in 2 · micro_batches + ranks - 2 slots; one direction alone takes
// 2 · (micro_batches + ranks - 1). At no time may a rank keep more than `ranks` micro-batches, from F to B.
// Source: Li, Hoefler, "Chimera: Efficiently Training Large-Scale Neural Networks with Bidirectional Pipelines", SC 2021,
// section 3.1.
std::vector<Step> steps_of_rank(int rank, int ranks, int micro_batches) {
  // BEGIN SOLUTION
  struct Timed {
    int slot;
    Step step;
  };
  std::vector<Timed> timed;
  for (int m = 0; m < micro_batches; ++m) {
    const int stage = m % 2 == 0 ? rank : ranks - 1 - rank;
    const int enters = m / ranks * 2 * ranks + m % ranks / 2 * 2;
    timed.push_back({enters + stage, {'F', m}});
    timed.push_back({enters + 2 * ranks - 1 - stage, {'B', m}});
  }
  std::sort(timed.begin(), timed.end(), [](const Timed& a, const Timed& b) { return a.slot < b.slot; });
  std::vector<Step> steps;
  for (const Timed& t : timed) steps.push_back(t.step);
  return steps;
  // TODO
  // In which slot does micro-batch 0 pass stage s, forward and backward? Micro-batch 1? Micro-batch 2, if it enters two
  // slots later? Draw 4 ranks. When may the next `ranks` micro-batches follow, so that nothing collides?
  // STUB
  // std::vector<Step> steps;
  // for (int m = 0; m < micro_batches; ++m) steps.push_back({'F', m});
  // for (int m = 0; m < micro_batches; ++m) steps.push_back({'B', m});
  // return steps;
  // END SOLUTION
}
