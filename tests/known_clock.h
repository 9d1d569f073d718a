// For tests of programs that measure: a clock whose readings are known beforehand, and the body of a program called from a test.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "common/philox.h"
#include "common/timer.h"

// Each reading is later than the one before by 1 to 1000 units. How much depends on the rank and on how many readings there were
// before, so a test that reads such a clock of its own as often as rank r of the program does knows what that rank measures. Units
// are powers of two: sums and differences are exact.
class KnownClock {
 public:
  explicit KnownClock(int rank, double unit = 0x1p-30) : rank_(uint32_t(rank)), unit_(unit) {}
  double read() { return now_ += unit_ * (1 + random_words(9, RandomStream::test, rank_, readings_++)[0] % 1000); }
  // What a Timer measures that is begun and asked once.
  double section() {
    const double begin = read();
    return read() - begin;
  }

 private:
  uint32_t rank_;
  double unit_, now_ = 0;
  uint64_t readings_ = 0;
};

// As long as it lives, every Timer of this process reads a clock of the test.
class ClockOfTest {
 public:
  explicit ClockOfTest(const KnownClock& clock) : ClockOfTest([] { return known_.read(); }) { known_ = clock; }
  explicit ClockOfTest(double (*clock)()) : usual_(clock_seconds) { clock_seconds = clock; }
  ~ClockOfTest() { clock_seconds = usual_; }
  ClockOfTest(const ClockOfTest&) = delete;
  ClockOfTest& operator=(const ClockOfTest&) = delete;

 private:
  static inline KnownClock known_{0};
  double (*usual_)();
};

// What work() prints.
template <class Work>
std::string printed_by(Work work) {
  testing::internal::CaptureStdout();
  try {
    work();
  } catch (...) {
    testing::internal::GetCapturedStdout();
    throw;
  }
  return testing::internal::GetCapturedStdout();
}

// The arguments of a main.
struct Arguments {
  std::vector<std::string> words;
  std::vector<char*> pointers;
  explicit Arguments(std::vector<std::string> options) : words(std::move(options)) {
    words.insert(words.begin(), "program");
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
  }
  int count() const { return int(words.size()); }
  char** values() { return pointers.data(); }
};

// What tests/mpi_main.cpp began: with it a test of MPI calls the body of a program.
class MpiSession;
extern MpiSession* session_of_test;

inline std::string text_of_file(const std::string& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline bool file_is_there(const std::string& file) { return access(file.c_str(), F_OK) == 0; }

// A name in the folder for temporary files that no other process has.
inline std::string scratch_file(const std::string& name) { return testing::TempDir() + std::to_string(getpid()) + "_" + name; }
