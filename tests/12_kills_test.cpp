// A few kills at places that are drawn, see kills.h; there are more in 12_kills_long_test.cpp.
#include "tests/kills.h"

using kills::Kills;

TEST_F(Kills, AreSurvived) {
  if (on_several_hosts(2)) GTEST_SKIP() << "skipped: 12_kills_long_test has hosts of its own";
  survive({2, "2 1 1 0", folder + "/run"}, 5, {"rank", "rank", "launcher"});
}
