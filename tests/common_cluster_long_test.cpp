// Ranks on several hosts: a cluster that is made on this machine (common/cluster). The chapters' own tests run there in tests/cluster.
#include <gtest/gtest.h>

#include <string>

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

}  // namespace
