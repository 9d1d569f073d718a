// level: stretch
// points: 7
// hint: Stage 0 has no slot to spare before its first B. Stage s gets its first B s slots sooner after its first F: how many more micro-batches can it then keep, and which steps could wait meanwhile?
#include "tests/exercises/task.h"

struct Step {
  char kind;
  int micro_batch;
};
std::vector<Step> steps_of_stage(int stage, int stages, int micro_batches);

int main(int argc, char** argv) {
  Task task(argc, argv);
  const int ranks = task.number(), micro_batches = task.number();
  for (int rank = 0; rank < ranks; ++rank) {
    std::vector<int> kinds, numbers;
    for (const Step& step : steps_of_stage(rank, ranks, micro_batches)) {
      kinds.push_back(step.kind);
      numbers.push_back(step.micro_batch);
    }
    task.answer(double(kinds.size()));
    task.answer(kinds);
    task.answer(numbers);
  }
}
