// For the judge of a task: a GoogleTest suite with the task's name. It makes inputs, has the student's program compute on
// them in a sandbox, and says in the student's words what is wrong with the answers.
//
//   TEST(bias_gradient, SumsOverTheRows) {
//     const int rows = 5, out = 3;
//     const Floats dy = small_integers(rows * out);
//     Answers answers = Trial().give(rows).give(out).give(dy).run();
//     const Floats db = answers.floats("db", out);
//     ... expected, forgot_last_row: by plain loops in double precision ...
//     EXPECT_RIGHT(compare_values("db", db, expected, 0, {{"the last row is missing from db", forgot_last_row}}));
//   }
//
// This process contains no code of the student's: not even the type of a failure is up to it.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

using Floats = std::vector<float>;
using Doubles = std::vector<double>;

// --- Inputs: other ones with every call, all from the seed of this run (JUDGE_SEED, or a new one in `make grade`) -----

Floats random_floats(size_t n, float low = -1, float high = 1);
// Whole numbers in [low, high]: sums of products of them are exact, so that answers are compared for equality.
Floats small_integers(size_t n, int low = -8, int high = 8);
std::vector<int> random_labels(size_t n, int classes);
int random_number(int low, int high);  // in [low, high]

// --- A run of the student's program ------------------------------------------------------------------------------------

// Why there is nothing to compare, in the student's words. GoogleTest reports it as the test's failure.
struct NoAnswer : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// What one process of it wrote, in the order of `task.answer(...)`. `name` is how the student knows the array.
// Each throws NoAnswer where the process ended too early, or wrote beside the array.
class Answers {
 public:
  explicit Answers(std::string file) : file_(std::move(file)) {}
  Floats floats(const std::string& name, size_t n) { return next<float>(name, n); }
  std::vector<int> integers(const std::string& name, size_t n) { return next<int>(name, n); }
  double number(const std::string& name) { return next<double>(name, 1)[0]; }

  // What a rank handed to MPI: collectives, messages that it sent, the bytes of both (traffic.h of the main).
  struct Traffic {
    int collectives, messages;
    double bytes;
  };
  Traffic traffic() {
    const int collectives = int(number("the collectives")), messages = int(number("the messages"));
    return {collectives, messages, number("the bytes")};
  }

 private:
  template <class T>
  std::vector<T> next(const std::string& name, size_t n);
  std::string file_;  // its bytes
  size_t position_ = 0;
};

class Trial {
 public:
  Trial& give(int number) { return give_bytes<int64_t>({number}); }
  Trial& give(float real) { return give_bytes<float>({real}); }
  template <class T>
  Trial& give(const std::vector<T>& values) {
    return give_bytes<T>(values);
  }

  // Runs the program (TASK_PROGRAM).  Throws NoAnswer if it does not end by itself with status 0.
  Answers run();
  std::vector<Answers> run_ranks(int ranks);  // an MPI program: the answers of each rank
  // The same input for our own program (name_rival.cpp), which the student's is measured against (see seconds).
  void run_rival();
  double seconds() const { return seconds_; }  // of processor time, of the last run

  // CUDA tasks: what the last run did. launches: -1 on a GPU, where nobody counts.
  struct Kernels {
    long launches = -1, copies = -1;                       // copies to the host, other than ours
    long blocks = 0, threads = 0;                          // of the last launch; threads of each block
    long global_atomics = 0, shared = 0;                   // operations on global memory, accesses of shared memory
    long reads = 0, reads_beside = 0, writes = 0, writes_beside = 0;  // of global memory; beside: right behind the one before
  };
  const Kernels& kernels() const { return kernels_; }

 private:
  template <class T>
  Trial& give_bytes(const std::vector<T>& values) {
    const uint64_t bytes = values.size() * sizeof(T);
    input_.append(reinterpret_cast<const char*>(&bytes), sizeof bytes);
    input_.append(reinterpret_cast<const char*>(values.data()), bytes);
    return *this;
  }
  std::vector<Answers> run_program(const std::string& program, int ranks);
  std::string input_;
  double seconds_ = 0;
  Kernels kernels_;
};

// The numbers of ranks that the task is tried on (TASK_RANKS, from the line `// ranks:` of its main).
std::vector<int> task_ranks();
std::string with_ranks(int ranks);  // "with 3 ranks"
// False where speed is not to be judged (JUDGE_TIMES=no), as in `make test`: tests do not depend on the clock.
bool times_count();

// --- Verdicts ----------------------------------------------------------------------------------------------------------

// A usual mistake: what it is, and what it gives instead of the right values.
struct Mistake {
  std::string words;
  Doubles gives;
};

// "" if every element of `actual` is within `bound` of `expected`. Else the words of the first mistake that explains
// all of them, else the first element that is wrong. `columns` > 0: the array is a matrix with so many.
std::string compare_values(const std::string& name, const Floats& actual, const Doubles& expected,
                           double bound, const std::vector<Mistake>& mistakes = {}, size_t columns = 0);

bool within(const Floats& actual, const Doubles& expected, double bound);

// Ends the test with these words, unless there are none.
#define EXPECT_RIGHT(text)                               \
  if (const std::string wrong = (text); wrong.empty()) { \
  } else                                                 \
    FAIL() << wrong
