#include <algorithm>
#include <cmath>
#include <functional>

#include "tests/exercises/judge.h"

namespace {

struct Job {
  float step, save, hours;
  int machines;

  double between_failures() const { return 3600.0 * hours / machines; }
  double lost(double k) const { return save / (k * step) + k * step / (2 * between_failures()); }
  double best_time() const { return std::sqrt(2 * save * between_failures()); }
  // By looking at every k up to one that is surely too large.
  int right() const {
    int best = 1;
    for (int k = 2; k < 3 * best_time() / step + 3; ++k)
      if (lost(k) < lost(best)) best = k;
    return best;
  }
};

std::string text(double number) {
  char words[32];
  std::snprintf(words, sizeof words, "%g", number);
  return words;
}

// What somebody gets who takes the time between two failures of the job to be other than it is.
int with_other_failures(Job job, double hours, int machines) {
  job.hours = float(hours), job.machines = machines;
  return job.right();
}

std::string why(const Job& job, double answer) {
  if (answer < 1) return "; it must be 1 or more";
  const double best = job.best_time() / job.step;
  if (std::abs(answer - best) < 1 && answer < best)
    return "; the best time is " + text(best) + " steps, and of its two neighbours the neighbour above loses less: " +
           text(100 * job.lost(answer + 1)) + " %, not " + text(100 * job.lost(answer)) + " %";
  if (std::abs(answer - best) <= 1 && answer > best)
    return "; the best time is " + text(best) + " steps, and of its two neighbours the neighbour below loses less: " +
           text(100 * job.lost(answer - 1)) + " %, not " + text(100 * job.lost(answer)) + " %";
  if (answer == with_other_failures(job, job.hours, 1))
    return ", which is right for one machine; with " + text(job.machines) + " machines the job fails " + text(job.machines) +
           " times as often";
  if (answer == with_other_failures(job, double(job.hours) * job.machines * job.machines, job.machines))
    return ", as if every machine made failures rarer; each of them can stop the job";
  if (answer == with_other_failures(job, job.hours / 3600, job.machines)) return ", as if `hours` were seconds";
  if (std::abs(answer - job.best_time()) <= 1) return ", which is a number of seconds; steps are asked for";
  if (std::abs(answer - best / std::sqrt(2.0)) <= 1)
    return ", as if a failure threw away all that lies between two checkpoints; it throws away half of it, on average";
  return ": that loses " + text(100 * job.lost(answer)) + " % of the time; " + text(job.right()) + " steps lose " +
         text(100 * job.lost(job.right())) + " %";
}

std::string wrong_with(const std::vector<Job>& jobs) {
  Trial trial;
  trial.give(int(jobs.size()));
  for (const Job& job : jobs) trial.give(job.step).give(job.save).give(job.hours).give(job.machines);
  Answers answers = trial.run();
  for (const Job& job : jobs) {
    const double answer = answers.number("the number of steps");
    if (answer != job.right())
      return "steps of " + text(job.step) + " s, saving takes " + text(job.save) + " s, " + text(job.machines) +
             (job.machines == 1 ? " machine that fails" : " machines that each fail") + " once in " + text(job.hours) + " hours: " +
             text(answer) + (answer == 1 ? " step" : " steps") + why(job, answer);
  }
  return "";
}

// A job whose best time is so many steps, within what floats hold.
Job with_best(double steps, float save, float hours, int machines) {
  Job job{1, save, hours, machines};
  job.step = float(job.best_time() / steps);
  return job;
}

// covers: A job runs | Each of them | A step takes | Saving after | A failure throws
TEST(when_to_save, WholeNumbers) {
  EXPECT_RIGHT(wrong_with({with_best(200.2, 2, 3, 1), with_best(100.2, 5, 500, 64), with_best(7.2, 30, 48, 16)}));
}
// covers: Returns the whole
TEST(when_to_save, BetweenTwoNumbers) {
  EXPECT_RIGHT(wrong_with({with_best(3.8, 3, 100, 8), with_best(3.2, 3, 100, 8), with_best(1.46, 20, 10, 4), with_best(2.47, 2, 70, 1)}));
}
TEST(when_to_save, StepsThatAreLong) { EXPECT_RIGHT(wrong_with({with_best(0.4, 1, 1, 100), with_best(0.01, 1, 2, 3)})); }
TEST(when_to_save, AnyJob) {
  std::vector<Job> jobs;
  for (int i = 0; i < 10; ++i)
    jobs.push_back(with_best(random_number(1, 300) + 0.25, float(random_number(1, 60)), float(random_number(1, 1000)), random_number(1, 500)));
  EXPECT_RIGHT(wrong_with(jobs));
}

}  // namespace
