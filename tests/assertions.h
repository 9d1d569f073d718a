// Included before everything else in every test: a test that ends without having asserted anything fails. A loop over nothing,
// a return that came too early: such a test would be green whatever the program does. What does not apply to a number of ranks
// says GTEST_SKIP.
//
// GoogleTest counts failures only. But each of its assertions begins with one macro, which may count as well as it may do nothing.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <string>

// Whether a text has a part, for EXPECT_TRUE and EXPECT_FALSE: a failure shows both.
inline ::testing::AssertionResult contains(const std::string& text, const std::string& part) {
  const bool found = text.find(part) != std::string::npos;
  return ::testing::AssertionResult(found) << "\"" << part << (found ? "\" is in: " : "\" is not in: ") << text;
}

namespace assertions {

inline std::atomic<long> made{0};     // in the current test
inline bool ranks_are_asked = false;  // tests/mpi_main.cpp looks at all ranks together

inline void complain() { ADD_FAILURE() << "the test ended without one assertion"; }

class Count : public ::testing::EmptyTestEventListener {
  void OnTestStart(const ::testing::TestInfo&) override { made = 0; }
  void OnTestEnd(const ::testing::TestInfo& test) override {
    const ::testing::TestResult& result = *test.result();
    if (!ranks_are_asked && made == 0 && !result.Skipped() && !result.Failed()) complain();
  }
};
inline const bool counted = (::testing::UnitTest::GetInstance()->listeners().Append(new Count), true);

}  // namespace assertions

#ifndef GTEST_AMBIGUOUS_ELSE_BLOCKER_
#error "this GoogleTest's assertions begin with another macro"
#endif
#undef GTEST_AMBIGUOUS_ELSE_BLOCKER_
#define GTEST_AMBIGUOUS_ELSE_BLOCKER_ \
  switch (++::assertions::made; 0)    \
  case 0:                             \
  default:
