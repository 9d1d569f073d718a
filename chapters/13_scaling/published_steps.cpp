// Steps of training that others have published, beside what this simulation says of their sums: results/published.md. What a GPU computes is
// taken from a time on one GPU that they or others have published, since their networks are not this course's.
//
// Run: make 13-published_steps
#include <algorithm>
#include <cstdio>
#include <iostream>

#include "chapters/13_scaling/many_rings.h"
#include "common/error.h"
#include "common/options.h"

namespace {

// One rank a node or a GPU, in a ring; GB/s of its link in each direction and of its memory. Latencies are those of gpu_pods.txt.
Cluster ring_of(double link, double memory) {
  Cluster c = load_cluster("gpu_pods");
  c.ranks_per_node = c.cards_per_node = 1;
  c.inside.bytes_per_second = c.between.bytes_per_second = 1e9 * link;
  c.bytes_per_second = 1e9 * memory;
  return c;
}

// Each layer is on all GPUs. Of 8 x 1024 rows of `hidden` numbers of 16 bits six sums are made in each layer: two in forward, two in backward, and
// two where forward is computed again (Shoeybi et al., 2019, figure 4 and section 5).
struct Transformer {
  double billions;
  int gpus, hidden, layers;
  double reported;  // efficiency in percent
};

void print_row(const Transformer& t, const Transformer& alone) {
  constexpr double ms_alone = 1288;
  const double computes = ms_alone * t.billions / alone.billions / t.gpus;
  const double sums = t.gpus == 1 ? 0 : 6e3 * t.layers * seconds_of_rings(ring_of(150, 900), t.gpus, 1, 2.0 * 8 * 1024 * t.hidden);
  const double efficiency = 100 * computes / (computes + sums);
  std::printf("%10.1f %5d %11.0f %8.0f %10.1f %% %8.0f %% %8.2f\n", t.billions, t.gpus, computes, sums, efficiency, t.reported, efficiency / t.reported);
}

// Each GPU has a copy and 64 images. The sum of the gradients of 32 bits is made after backward, or begins with it: two thirds of what is computed.
struct Copies {
  const char* network;
  double million_parameters, images_a_second;
  int nodes;
  double reported;
};

void print_row(const Copies& c) {
  const double computes = 64e3 / c.images_a_second;
  const double sum = 1e3 * seconds_of_rings(ring_of(25.0 / 8, 732), c.nodes, 1, 4e6 * c.million_parameters);
  const double hidden = std::max(0.0, sum - 2 * computes / 3);
  std::printf("%-13s %5d %11.0f %8.0f %10.0f %% %8.0f %% %8.0f %%\n", c.network, 4 * c.nodes, computes, sum, 100 * computes / (computes + sum),
              100 * computes / (computes + hidden), c.reported);
}

}  // namespace

int main(int argc, char** argv) try {
  Options options("Published steps of training, beside what is simulated of them.");
  if (!options.parse(argc, argv)) return 0;

  std::printf("layers on several V100 of a node, links of 150 GB/s (Megatron-LM); ms\n"
              "  billions  GPUs    computes     sums   efficiency   reported    ratio\n");
  const Transformer alone{1.2, 1, 1536, 40, 100};
  for (const Transformer& t : {alone, {2.5, 2, 1920, 54, 95}, {4.2, 4, 2304, 64, 82}, {8.3, 8, 3072, 72, 77}}) print_row(t, alone);

  std::printf("\nnodes of 4 Pascal GPUs with one card of 25 Gbit/s, a ring (Horovod); ms\n"
              "network        GPUs    computes      sum   sum after    sum in   reported\n"
              "                                            backward  backward\n");
  for (const Copies& c : {Copies{"Inception V3", 23.8, 142, 128, 90}, {"ResNet-101", 44.5, 103.6, 128, 90}, {"VGG-16", 138.4, 154, 32, 79},
                          {"VGG-16", 138.4, 154, 128, 68}})
    print_row(c);
} catch (const Error& error) {
  return fail(error);
}
