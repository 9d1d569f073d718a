// A pipeline schedule as data: for each stage the list of its steps. One pure function makes all of them, check.h proves
// them without MPI, and pipeline.h runs whichever it is given.
//
// The layers of the network are cut into chunks of neighbours, chunk 0 first. A stage is a rank of the pipeline; chunk c
// lies on stage c % stages. With one chunk a stage that is the plain cut. With more, a micro-batch goes round all stages
// several times.
#pragma once

#include <string>
#include <vector>

// In a schedule in halves, backward is only the first half of itself: the gradient of the chunk's input, for which others wait. The
// second half, the gradients of the weights, is a step of its own.
enum class Pass { forward, backward, weights };

// A pass of one micro-batch through one chunk. There is no other kind of step: which messages go before and after it follows
// from this (actions.h).
struct Step {
  Pass pass = Pass::forward;
  int chunk = 0;
  int micro_batch = 0;
  bool operator==(const Step&) const = default;
};

struct Schedule {
  int stages = 1;
  int micro_batches = 1;
  bool trains = true;                    // false: forward steps only, to evaluate
  std::vector<int> slots;                // by chunk: of how many micro-batches it keeps the activations at once
  std::vector<std::vector<Step>> steps;  // by stage, in the order in which it takes them
  int keep_every = 1;                    // a slot keeps every so many-th activation of its chunk: see Space
  bool halves = false;                   // backward in two halves

  Pass last_pass() const { return halves ? Pass::weights : Pass::backward; }  // behind it a micro-batch's slot is free
  int chunks() const { return int(slots.size()); }
  int stage_of(int chunk) const { return chunk % stages; }
  int slots_of(int stage) const {  // of all its chunks: what it allocates
    int sum = 0;
    for (int chunk = stage; chunk < chunks(); chunk += stages) sum += slots[size_t(chunk)];
    return sum;
  }
  // Where the chunk keeps this micro-batch. Micro-batches come and leave in ascending order, so those that are there at
  // the same time are neighbours, and the remainder tells them apart.
  int slot(const Step& step) const { return step.micro_batch % slots[size_t(step.chunk)]; }
};

//   naive        one micro-batch after another, there and back: all stages but one are idle
//   gpipe        all forward, then all backward                  Huang et al., "GPipe", NeurIPS 2019
//   1f1b         backward as early as possible, one forward, one backward in turns: as fast as gpipe, and a stage keeps at
//                most `stages` micro-batches. The pipeline runs empty (a flush) before the optimizer's step, so that all
//                micro-batches meet the same weights             Narayanan et al., "PipeDream", SOSP 2019, has no flush
//   interleaved  1f1b with several chunks a stage: shorter idle times, more messages
//                                                                Narayanan et al., "Efficient large-scale language model
//                                                                training on GPU clusters using Megatron-LM", SC 2021
//   zb-h1        1f1b in halves: the second ones fill the idle time at the end, and a stage keeps no more micro-batches than
//                stage 0 of 1f1b                         Qi, Wan, Huang, Lin, "Zero bubble pipeline parallelism", ICLR 2024
// In all of them each chunk takes its backward steps in ascending order of micro-batches: so gradients add up in the order
// of the serial run, and have its bits.
inline const std::vector<std::string> schedule_names = {"naive", "gpipe", "1f1b", "interleaved", "zb-h1"};

inline bool is_in_halves(const std::string& name) { return name == "zb-h1"; }

// Any numbers from 1 on, also fewer micro-batches than stages, or such that the stages do not divide. chunks_per_stage
// is 1 but for interleaved, and keep_every for zb-h1: its second halves need all activations a second time.  Throws Error
// otherwise, and for an unknown name.
Schedule make_schedule(const std::string& name, int stages, int chunks_per_stage, int micro_batches, int keep_every = 1);

// Forward steps only, for chunks and slots as in `training`.
Schedule make_evaluation_schedule(const Schedule& training, int micro_batches);

// The most micro-batches whose forward step through `chunk` was taken and whose last pass was not, at any time.
int most_in_flight(const Schedule& schedule, int chunk);

// The share of the stages' time in which they wait, where all steps of a pass take equally long and messages no time:
// (p - 1) / (v m + p - 1) for p stages, v chunks each, m micro-batches (any m with v = 1, else multiples of p), and
// (p - 1) / p for naive. For zb-h1 where the three passes take equally long, (p - 1) / (3 m + p - 1) from m = p on, and in
// general 3 m of 2 m + max(m, p) + p - 1 are work.
double idle_formula(const std::string& name, int stages, int chunks_per_stage, int micro_batches);
