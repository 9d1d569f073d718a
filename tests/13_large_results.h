// results/large.csv of chapter 13: its rows, and the step that each one simulates.
#pragma once

#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "chapters/13_scaling/step_time.h"

namespace large_results {

struct Row {
  std::string cluster, way;
  int ranks = 0;
  GridShape shape;
  size_t batch = 0;
  double seconds = 0, rate = 0, speedup = 0, efficiency = 0, computing = 0;
};

inline std::vector<Row> rows() {
  std::ifstream in("chapters/13_scaling/results/large.csv");
  std::vector<Row> all;
  for (std::string line; std::getline(in, line);) {
    char cluster[32], way[32];
    Row r;
    if (std::sscanf(line.c_str(), "%31[^,],%31[^,],%d,%d,%d,%d,%zu,%lf,%lf,%lf,%lf,%lf", cluster, way, &r.ranks, &r.shape.data, &r.shape.pipeline,
                    &r.shape.tensor, &r.batch, &r.seconds, &r.rate, &r.speedup, &r.efficiency, &r.computing) != 12)
      continue;
    r.cluster = cluster, r.way = way;
    all.push_back(r);
  }
  return all;
}

inline StepTime simulated(const Row& r) {
  HybridSettings s{.sizes = {784, 8192, 8192, 8192, 8192, 8192, 8192, 8192, 10}, .batch = r.batch, .allreduce = "mpi", .optimizer = {}};
  s.micro_batches = 8 * r.shape.data;
  return simulate_step(load_cluster(r.cluster), s, r.shape, {.steps = 1, .trace = {}});
}

}  // namespace large_results
