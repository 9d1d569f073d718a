// level: core
// points: 4
// hint: Finished trials have 0.2, 0.8 and 0.6, 0.6 after two steps; a third one has reported 0.5 so far. With which number is its 0.5 compared? And if it reports 0.4 next?
#include "tests/exercises/task.h"

void median_rule(int* stop, const float* accuracy, const int* reported, int trials, int steps);

int main(int argc, char** argv) {
  Task task(argc, argv);
  for (int tables = task.number(); tables > 0; --tables) {
    const int trials = task.number(), steps = task.number();
    const auto accuracy = task.input(size_t(trials) * size_t(steps));
    const auto reported = task.input<int>(size_t(trials));
    Output<int> stop(static_cast<size_t>(trials));
    median_rule(stop, accuracy.data(), reported.data(), trials, steps);
    task.answer(stop);
  }
}
