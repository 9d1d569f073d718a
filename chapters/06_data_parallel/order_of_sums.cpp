// Why parallel training ends with other digits: one gradient of the real network, summed in several orders.
// Run: make 06-order_of_sums
#include <algorithm>
#include <array>
#include <bit>
#include <cstdio>

#include "chapters/01_serial/head.h"
#include "chapters/01_serial/require_samples.h"
#include "common/mpi/session.h"
#include "common/options.h"

namespace {

constexpr int parts = 4;
using Parts = std::array<float, parts>;  // what each of four ranks contributes

// The gradients of 784-512-256-10 for the first 128 images, from 32 of them each.
std::array<std::vector<float>, parts> gradients_of_parts(const Dataset& train, const Layout& layout) {
  const std::unique_ptr<Device> device = make_cpu_device();
  std::vector<float> weights(layout.count);
  initialize(weights.data(), layout, 1);
  const std::vector<uint32_t> order = permutation(1, 0, train.count);
  std::array<std::vector<float>, parts> gradients;
  for (int part = 0; part < parts; ++part) {
    gradients[size_t(part)].resize(layout.count);
    const Space space{.rows = 128 / parts};
    Mlp mlp(*device, layout, weights.data(), gradients[size_t(part)].data(), space);
    SoftmaxHead head(*device, space);
    const Range rows = share(128, parts, size_t(part));
    load_images(mlp, train, order, rows);
    head.load_labels(train, order, rows);
    mlp.forward(int(rows.size()));
    head.backward(mlp, 128);
    mlp.backward(Write::overwrite);
  }
  return gradients;
}

float in_rank_order(const Parts& g) { return ((g[0] + g[1]) + g[2]) + g[3]; }
float in_pairs(const Parts& g) { return (g[0] + g[1]) + (g[2] + g[3]); }
float from_rank(const Parts& g, size_t r) { return ((g[r] + g[(r + 1) % 4]) + g[(r + 2) % 4]) + g[(r + 3) % 4]; }

void print(const char* what, float value) { std::printf("  %-36s %+.9e   %08x\n", what, value, std::bit_cast<uint32_t>(value)); }

int show(MpiSession& mpi, int argc, char** argv) {
  std::string data = "build/data";
  Options options("Shows that the bits of a sum of four gradients depend on the order of the additions.");
  options.add("data", &data, "folder with the unpacked MNIST files");
  if (!options.parse(argc, argv, mpi.rank() != 0) || mpi.rank() != 0) return 0;
  const Dataset train = read_mnist_train(data);
  require_samples(train, 128, "the batch");
  const Layout layout = make_layout({int(train.features()), 512, 256, int(train.classes)});
  const auto gradients = gradients_of_parts(train, layout);
  auto parts_of = [&](size_t i) { return Parts{gradients[0][i], gradients[1][i], gradients[2][i], gradients[3][i]}; };

  size_t pairs_differ = 0, ring_differs = 0, shown = layout.count;
  for (size_t i = 0; i < layout.count; ++i) {
    const Parts g = parts_of(i);
    const bool pairs = in_pairs(g) != in_rank_order(g), ring = from_rank(g, 1) != in_rank_order(g);
    pairs_differ += pairs;
    ring_differs += ring;
    if (pairs && ring && in_pairs(g) != from_rank(g, 1)) shown = std::min(shown, i);
  }
  if (shown == layout.count) throw std::runtime_error("no gradient differs in all orders");

  const Parts g = parts_of(shown);
  std::printf("Weight %zu of %zu, its gradient from four times 32 images, and the bits of the float:\n", shown, layout.count);
  for (int r = 0; r < parts; ++r) print(("g" + std::to_string(r)).c_str(), g[size_t(r)]);
  std::printf("Their sum:\n");
  print("((g0 + g1) + g2) + g3   rank order", in_rank_order(g));
  print("(g0 + g1) + (g2 + g3)   in pairs", in_pairs(g));
  print("((g1 + g2) + g3) + g0   ring", from_rank(g, 1));
  std::printf("  %-36s %+.9e\n", "in double precision", double(g[0]) + double(g[1]) + double(g[2]) + double(g[3]));
  std::printf("Of all %zu gradients %.0f %% have other bits in pairs than in rank order, %.0f %% in that ring order.\n",
              layout.count, 100.0 * double(pairs_differ) / double(layout.count),
              100.0 * double(ring_differs) / double(layout.count));
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return run_with_mpi(argc, argv, show); }
