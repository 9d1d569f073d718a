// level: warm-up
// points: 3
// ranks: 3 2 5
// forbids: collectives
// hint: Send returns when its message has left, and a long one leaves when somebody receives it. With GUARD_TIMEOUT=2 the watchdog has shown which two calls face each other: which of the two ranks could have received first, and what?
#include "common/mpi/session.h"
#include "tests/exercises/task.h"

void square_elsewhere(float* out, const float* in, int pieces, int n, MPI_Comm comm);

static std::vector<float> squared;  // the first element of each piece

void square(float* values, int n) {
  squared.push_back(n > 0 ? values[0] : 0);
  for (int i = 0; i < n; ++i) values[i] *= values[i];
}

int main(int argc, char** argv) {
  MpiSession mpi(argc, argv);
  Task task(argc, argv, mpi.rank());
  const int pieces = task.number(), n = task.number();
  const auto in = task.input(size_t(pieces) * size_t(n));
  const bool here = mpi.rank() == 0;
  Output out(here ? in.size() : 0);
  square_elsewhere(here ? out.data() : nullptr, here ? in.data() : nullptr, pieces, n, MPI_COMM_WORLD);
  task.answer(double(squared.size()));
  task.answer(squared);
  task.answer(out);
}
