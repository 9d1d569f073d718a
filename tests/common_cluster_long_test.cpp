// Ranks on several hosts: a cluster that is made on this machine (common/cluster). The chapters' own tests run there in tests/cluster.
#include <gtest/gtest.h>

#include <string>

#include "tests/program.h"

namespace {

ProgramRun cluster(const std::string& words) { return run_program("timeout -k 5 30 sh common/cluster/virtual_cluster.sh " + words); }

class Cluster : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { up = cluster("up 3"); }
  static void TearDownTestSuite() {
    if (up.status == 0) cluster("down");
  }
  void SetUp() override {
    if (up.status != 0) GTEST_SKIP() << "skipped: no hosts can be made here: " << up.output;
  }
  static inline ProgramRun up;
};

// Connections are closed at the end, and whoever is done must not leave a rank that is not. It goes well by chance; so eight times.
TEST_F(Cluster, EightRanksComeToAnEnd) {
  for (int run = 0; run < 8; ++run) {
    const ProgramRun ended = cluster("run 8 " + build_folder() + "/chapters/04_point_to_point/hello");
    ASSERT_EQ(ended.status, 0) << "run " << run << "\n" << ended.output;
  }
}

}  // namespace
