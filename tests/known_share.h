// What a CoreShare (chapters/05_collectives/core_share.h) finds, a second time, from clocks that the test knows.
#pragma once

#include <algorithm>

#include "chapters/05_collectives/core_share.h"
#include "tests/known_clock.h"

// As long as it lives, every Timer and every CoreShare of this process read clocks of the test: those of this rank.
// busy: the seconds of a core that are used in what is one second on the wall, on the average over many readings.
class ClocksOfTest {
 public:
  ClocksOfTest(int rank, double unit, double busy) : wall_(KnownClock(rank, unit)), usual_(processor_seconds) {
    core_ = core_of(rank, unit, busy);
    processor_seconds = [] { return core_.read(); };
  }
  ~ClocksOfTest() { processor_seconds = usual_; }
  static KnownClock core_of(int rank, double unit, double busy) { return KnownClock(1000 + rank, unit * busy); }

 private:
  static inline KnownClock core_{0};
  ClockOfTest wall_;
  double (*usual_)();
};

// One rank's clocks as the test reads them along with the program, and what the rank's CoreShare adds up.
struct KnownRank {
  KnownClock wall, core;
  double used = 0, passed = 0, began = 0;
  KnownRank(int rank, double unit, double busy) : wall(rank, unit), core(ClocksOfTest::core_of(rank, unit, busy)) {}

  void new_share() {
    used = passed = 0;
    wall.read();
  }
  void begin() {
    used -= core.read();
    began = wall.read();
  }
  void end() {
    passed += wall.read() - began;
    used += core.read();
  }
  double lost() const { return std::max(0.0, 1 - used / passed); }
};

// Of the rank that lost most.
inline double most_lost(const std::vector<KnownRank>& ranks) {
  double most = 0;
  for (const KnownRank& rank : ranks) most = std::max(most, rank.lost());
  return most;
}

inline std::vector<KnownRank> known_ranks(int ranks, double unit, double busy) {
  std::vector<KnownRank> all;
  for (int rank = 0; rank < ranks; ++rank) all.emplace_back(rank, unit, busy);
  return all;
}

// printf into a string.
template <class... Values>
std::string line(const char* format, Values... values) {
  char text[500];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}
