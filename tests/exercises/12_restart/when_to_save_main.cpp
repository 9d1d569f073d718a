// level: warm-up
// points: 3
// hint: Ten machines, each of which fails once in ten hours: how often does the job fail? And if the formula says 1.45 steps: what is lost with 1, what with 2?
#include "tests/exercises/task.h"

int steps_between_checkpoints(double step_seconds, double save_seconds, double hours, int machines);

int main(int argc, char** argv) {
  Task task(argc, argv);
  for (int jobs = task.number(); jobs > 0; --jobs) {
    const double step = task.real(), save = task.real(), hours = task.real();
    const int machines = task.number();
    task.answer(double(steps_between_checkpoints(step, save, hours, machines)));
  }
}
