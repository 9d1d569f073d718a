// Chapter 13's engine beside another simulator, whose numbers are in results/referee.csv.
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

#include "chapters/13_scaling/step_time.h"

// Within 3 %: both have the same ports, latencies and bandwidths, share a port by the same rule, and have the overhead on the rank alone.
// Where the rest comes from has not been looked for.
TEST(Referee, AgreesWithin3Percent) {
  std::ifstream in("chapters/13_scaling/results/referee.csv");
  int rows = 0;
  for (std::string line; std::getline(in, line);) {
    char cluster[32];
    GridShape shape;
    double smpi;
    if (std::sscanf(line.c_str(), "%31[^,#],%d,%d,%d,%lf", cluster, &shape.data, &shape.pipeline, &shape.tensor, &smpi) != 5) continue;
    ++rows;
    HybridSettings s{.sizes = {784, 8192, 8192, 8192, 8192, 10}, .batch = 4096, .micro_batches = shape.data, .allreduce = "mpi", .optimizer = {}};
    if (cluster == std::string("ethernet")) s.sizes = {784, 512, 256, 10}, s.batch = 1024;
    EXPECT_NEAR(1000 * simulate_step(load_cluster(cluster), s, shape).seconds, smpi, 0.03 * smpi) << line;
  }
  EXPECT_EQ(rows, 5);
}
