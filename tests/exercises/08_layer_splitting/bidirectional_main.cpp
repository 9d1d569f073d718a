// level: stretch
// points: 7
// hint: Give each step a slot, a number computed from rank, ranks and micro-batch, and sort. If a new micro-batch enters each pipeline in every second slot, which slots are left free for the other direction?
#include "tests/exercises/task.h"

struct Step {
  char kind;
  int micro_batch;
};
std::vector<Step> steps_of_rank(int rank, int ranks, int micro_batches);

int main(int argc, char** argv) {
  Task task(argc, argv);
  const int ranks = task.number(), micro_batches = task.number();
  for (int rank = 0; rank < ranks; ++rank) {
    std::vector<int> kinds, numbers;
    for (const Step& step : steps_of_rank(rank, ranks, micro_batches)) {
      kinds.push_back(step.kind);
      numbers.push_back(step.micro_batch);
    }
    task.answer(double(kinds.size()));
    task.answer(kinds);
    task.answer(numbers);
  }
}
