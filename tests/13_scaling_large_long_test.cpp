// Chapter 13 with 1,024 and 4,096 ranks of a hybrid grid: what is sent and how long it takes, and that the work of the simulation grows
// with the messages.
#include "tests/13_hybrid_grid.h"

namespace {
const std::vector<int> sizes = {784, 4096, 4096, 4096, 4096, 4096, 4096, 4096, 4096, 4096, 4096, 4096, 4096, 4096, 4096, 4096, 10};
}

TEST(HybridGrid, Of1024Ranks) { hybrid_grid::expect_step(load_cluster("gpu_pods"), sizes, {16, 8, 8}, 8, 32); }
TEST(HybridGrid, Of4096Ranks) { hybrid_grid::expect_step(load_cluster("gpu_pods"), sizes, {64, 8, 8}, 8, 32); }
