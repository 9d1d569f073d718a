// level: warm-up
// points: 3
// hint: With x = 1 / p the law is a straight line. Which of its two numbers is the slope, and what does the line of least squares through some points have to do with their mean? Then write the efficiency with a, b and p, and set it equal to the one that is asked for: what is p?
#include "tests/exercises/task.h"

int scaling_limit(double* serial, const int* ranks, const double* seconds, int n, double efficiency);

int main(int argc, char** argv) {
  Task task(argc, argv);
  const int n = task.number();
  const auto ranks = task.input<int>(size_t(n));
  const auto seconds = task.input<double>(size_t(n));
  const std::vector<double> efficiency = task.values<double>(1);
  Output<double> serial(1);
  const int limit = scaling_limit(serial, ranks.data(), seconds.data(), n, efficiency[0]);
  task.answer(serial);
  task.answer(double(limit));
}
