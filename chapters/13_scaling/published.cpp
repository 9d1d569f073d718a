// Times that others have published, beside what this simulation says of their machines: results/published.md.
//
// Run: make 13-published
#include <cstdio>
#include <iostream>

#include "chapters/13_scaling/many_rings.h"
#include "common/error.h"
#include "common/options.h"

namespace {

// From data sheets, in GB/s: a GPU's links in each direction, a network card, its memory. Latencies are those of gpu_pods.txt.
Cluster nodes_of(int gpus, double links, double card, double memory) {
  Cluster c = load_cluster("gpu_pods");
  c.ranks_per_node = c.cards_per_node = gpus;
  c.inside.bytes_per_second = 1e9 * links;
  c.between.bytes_per_second = 1e9 * card;
  c.bytes_per_second = 1e9 * memory;
  return c;
}

struct Reported {
  double mebibytes, microseconds;
};

void print_row(const Reported& r, const std::vector<double>& seconds) {
  std::printf("%9.0f", r.mebibytes);
  for (double s : seconds) std::printf(" %11.0f", 1e6 * s);
  std::printf(" %11.1f", r.microseconds);
  for (double s : seconds) std::printf(" %9.2f", 1e6 * s / r.microseconds);
  std::printf("\n");
}

}  // namespace

int main(int argc, char** argv) try {
  int64_t pieces = 64;
  Options options("Published times of sums over GPUs, beside simulated ones.");
  options.add("pieces", &pieces, "of the sum on two levels", between(1, 4096));
  if (!options.parse(argc, argv)) return 0;
  constexpr double mebibyte = 1 << 20;

  const Cluster eight = nodes_of(8, 300, 25, 2039);
  std::printf("one node, 8 A100, links of 300 GB/s (nccl issue 527); us\n"
              "      MiB        ring    reported  ratio\n");
  for (const Reported& r : {Reported{1024, 8142.6}})
    print_row(r, {seconds_of_rings(eight, 8, 1, mebibyte * r.mebibytes)});

  const Cluster four = nodes_of(4, 450, 25, 3350);
  std::printf("\ntwo nodes, each 4 H100 and 4 cards of 25 GB/s (nccl-tests issue 252); us\n"
              "      MiB    one ring     4 rings    reported           ratios\n");
  for (const Reported& r : {Reported{512, 10052}, {1024, 20079}, {2048, 39871}, {4096, 77194}, {8192, 158070}})
    print_row(r, {seconds_of_rings(four, 8, 1, mebibyte * r.mebibytes), seconds_of_rings(four, 8, 4, mebibyte * r.mebibytes)});

  const Cluster p5 = nodes_of(8, 450, 50, 3350);
  std::printf("\ntwo nodes, each 8 H100 and cards of 400 GB/s together (AWS p5); us\n"
              "      MiB    one ring     8 rings  two levels    reported                     ratios\n");
  for (const Reported& r : {Reported{1, 123.2}, {16, 298.1}, {128, 870.3}, {1024, 4607.6}, {16384, 66132}}) {
    const double bytes = mebibyte * r.mebibytes;
    print_row(r, {seconds_of_rings(p5, 16, 1, bytes), seconds_of_rings(p5, 16, 8, bytes), seconds_of_two_levels(p5, bytes, int(pieces))});
  }
} catch (const Error& error) {
  return fail(error);
}
