// Chapter 13's engine beside another simulator, whose numbers are in results/referee.csv.
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

#include "chapters/13_scaling/step_time.h"

// Within 3 %: both have the same ports, latencies, bandwidths and algorithms, share a port by the same rule, and have the overhead on the rank
// alone. Where nothing else differs, in the rows `plain`, within 0.3 %; results/referee.csv says what else does.
TEST(Referee, AgreesWithin3Percent) {
  std::ifstream in("chapters/13_scaling/results/referee.csv");
  int rows = 0, plain = 0;
  for (std::string line; std::getline(in, line);) {
    char cluster[32], change[32];
    GridShape shape;
    double smpi;
    if (std::sscanf(line.c_str(), "%31[^,#],%31[^,],%d,%d,%d,%lf", cluster, change, &shape.data, &shape.pipeline, &shape.tensor, &smpi) != 6) continue;
    ++rows;
    Cluster c = load_cluster(cluster);
    const bool is_plain = change == std::string("plain");
    if (is_plain) c.eager_bytes = c.inside.rendezvous = c.between.rendezvous = 0, ++plain;
    HybridSettings s{.sizes = {784, 512, 256, 10}, .batch = 1024, .micro_batches = shape.data, .allreduce = "mpi", .optimizer = {}};
    if (cluster == std::string("gpu_pods")) s.sizes = {784, 8192, 8192, 8192, 8192, 10}, s.batch = 4096;
    EXPECT_NEAR(1000 * simulate_step(c, s, shape).seconds, smpi, (is_plain ? 0.003 : 0.03) * smpi) << line;
  }
  EXPECT_GE(rows, 13);
  EXPECT_GE(plain, 3);
}
