// 10,000 random programs of chapter 13's engine. The clocks of each are the same, to the last bit, whatever is permuted.
#include "tests/13_random_programs.h"

#include <gtest/gtest.h>

TEST(RandomPrograms, TakeTheSameTimeInEveryOrder) {
  EXPECT_EQ(random_programs::first_that_differs(1000, 10'000), -1);
}
