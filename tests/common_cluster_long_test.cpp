// Ranks on several hosts: a cluster that is made on this machine (common/cluster). The chapters' own tests run there in tests/cluster.
#include <gtest/gtest.h>

#include <string>

#include "tests/failing_ranks.h"
#include "tests/hosts.h"

namespace {

// Connections are closed at the end, and whoever is done must not leave a rank that is not. It goes well by chance; so eight times.
TEST(Cluster, EightRanksComeToAnEnd) {
  const Hosts hosts(3);
  if (!hosts.there()) GTEST_SKIP() << "skipped: no hosts can be made here: " << hosts.why_not();
  for (int run = 0; run < 8; ++run) {
    const ProgramRun ended = run_program("timeout -k 5 30 sh common/cluster/virtual_cluster.sh run 8 " + build_folder() + "/chapters/04_point_to_point/hello");
    ASSERT_EQ(ended.status, 0) << "run " << run << "\n" << ended.output;
  }
}

// Of two that begin at once one has the hosts. The other is refused, and takes nothing down.
TEST(Cluster, IsUpForOneOfThree) {
  {
    const Hosts hosts(1);
    if (!hosts.there()) GTEST_SKIP() << "skipped: no hosts can be made here: " << hosts.why_not();
  }
  for (int i = 0; i < 5; ++i) {
    const ProgramRun run = run_program("up() { timeout -k 5 60 sh common/cluster/virtual_cluster.sh up 2 2>&1; }; up & up & up & wait; "
                                       "sh common/cluster/virtual_cluster.sh status; timeout -k 5 60 sh common/cluster/virtual_cluster.sh down");
    EXPECT_EQ(times_in(run.output, "virtual_cluster.sh: a virtual cluster is up already; take it down first\n"), 2) << run.output;
    EXPECT_EQ(times_in(run.output, "up: 2 hosts, rate unlimited, delay none\n"), 1) << run.output;
    EXPECT_EQ(times_in(run.output, "\nvc1 10."), 1) << run.output;
    EXPECT_EQ(times_in(run.output, "\nvc2 10."), 1) << run.output;
  }
}

// The sharded update of 4 ranks on two hosts, the nodes being what MPI finds there: in two levels half of the bytes go from host to host.
TEST(Cluster, TwoLevelsHalveWhatTwoHostsOfTwoRanksExchange) {
  const Hosts hosts(2);
  if (!hosts.there()) GTEST_SKIP() << "skipped: no hosts can be made here: " << hosts.why_not();
  const ProgramRun run = run_program("timeout -k 5 60 sh common/cluster/virtual_cluster.sh run 4 " + build_folder() +
                                     "/chapters/07_sharded_optimizer/between_nodes");
  ASSERT_EQ(run.status, 0) << run.output;
  // 2 · 535,818 floats times p - r = 2, and that times 1/2; all of them are 2 · 535,818 · (p - 1).
  EXPECT_NE(run.output.find("4 ranks on 2 nodes, 535818 parameters, level 1"), std::string::npos) << run.output;
  EXPECT_NE(run.output.find("one level            4.29            8.57\n"), std::string::npos) << run.output;
  EXPECT_NE(run.output.find("two levels           8.57            4.29\n"), std::string::npos) << run.output;
}

}  // namespace
