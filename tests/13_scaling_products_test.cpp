// What products cost by their shape on a simulated cluster: whole tiles, whole waves, and tables of measured products.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "chapters/13_scaling/modelled_device.h"
#include "chapters/13_scaling/product_time.h"
#include "chapters/13_scaling/step_time.h"
#include "tests/13_simulated_ranks.h"

using namespace simulated_ranks;

namespace {

const char* const of_chapter_01 = "chapters/01_serial/results/products.csv";

// What a file with this text has, as "m n k seconds" lines; or the error, without the file's name.
std::string read(const std::string& text, const std::string& product = "") {
  const std::string file = testing::TempDir() + "products_" + std::to_string(getpid()) + ".csv";
  std::ofstream(file) << text;
  std::string all;
  std::string error = error_of([&] {
    for (const MeasuredProduct& p : read_products(file + product)) {
      char line[100];
      std::snprintf(line, sizeof line, "%g %g %g %g\n", p.m, p.n, p.k, p.seconds);
      all += line;
    }
  });
  std::filesystem::remove(file);
  for (size_t at; (at = error.find(file)) != std::string::npos;) error.erase(at, file.size());
  return error == "no error" ? all : error;
}

// Seconds of y (m, n) = x (m, k) · w (k, n) and of the two products backward, on a device.
std::array<double, 3> on_a_device(const Cluster& c, int m, int n, int k) {
  std::array<double, 3> seconds{};
  for (size_t which = 0; which < 3; ++which)
    seconds[which] = simulate(c, 1, [&] {
                       ModelledDevice d(c, Contents::none);
                       if (which == 0) d.linear_forward(nullptr, nullptr, nullptr, nullptr, Activation::none, m, k, n);
                       if (which == 1) d.linear_backward_weights(nullptr, nullptr, nullptr, Write::overwrite, k, m, n);
                       if (which == 2) d.linear_backward_input(nullptr, nullptr, nullptr, Write::overwrite, m, n, k);
                       EXPECT_EQ(d.operations(), 2.0 * m * n * k);
                     }).seconds;
  return seconds;
}

}  // namespace

// Tiles of 4 x 8 on three multiprocessors, at 1 operation/s. By hand: a wave takes 2 · 3 · 4 · 8 = 192 s for each term of the sums.
TEST(Products, AreMadeOfWholeTilesAndWaves) {
  Cluster c = flat();
  c.operations_per_second = 1;
  EXPECT_EQ(product_seconds(c, 5, 9, 7), 2 * 5 * 9 * 7);  // without tiles
  c.tile_rows = 4, c.tile_columns = 8, c.multiprocessors = 3;
  const struct {
    int m, n, waves;
  } cases[] = {{1, 1, 1}, {4, 8, 1}, {12, 8, 1}, {13, 8, 2}, {4, 24, 1}, {4, 25, 2}, {5, 9, 2}, {12, 17, 3}, {24, 8, 2}};
  for (const auto& [m, n, waves] : cases)
    for (const int k : {1, 7}) {
      EXPECT_EQ(product_seconds(c, m, n, k), 192.0 * waves * k) << m << " x " << n;
      for (double seconds : on_a_device(c, m, n, k)) EXPECT_EQ(seconds, 192.0 * waves * k) << m << " x " << n;
    }
}

// The speed of the nearest one, and the operations of this one.
TEST(Products, TakeTheTimeOfTheNearestThatWasMeasured) {
  Cluster c = flat();
  c.products = {{64, 64, 64, 3}, {64, 64, 512, 16}, {512, 64, 64, 40}};
  EXPECT_EQ(product_seconds(c, 64, 64, 64), 3);
  EXPECT_EQ(product_seconds(c, 512, 64, 64), 40);
  EXPECT_EQ(product_seconds(c, 32, 64, 64), 3 / 2.0);
  EXPECT_EQ(product_seconds(c, 64, 64, 128), 3 * 2.0);     // twice the first, a quarter of the second
  EXPECT_EQ(product_seconds(c, 64, 64, 256), 16 / 2.0);    // the other way round
  EXPECT_EQ(product_seconds(c, 1024, 32, 64), 40 * 2 / 2.0);
  c.tile_rows = 48;  // 64 rows take two tiles, 96 of them no more
  EXPECT_EQ(product_seconds(c, 96, 64, 64), 3);
  // On a device: the launch and this, whatever the memory; other operations go by the roofline.
  c.launch = 0.5, c.bytes_per_second = 1;
  for (double seconds : on_a_device(c, 64, 64, 128)) EXPECT_EQ(seconds, 0.5 + 6);
  EXPECT_EQ(simulate(c, 1, [&] { ModelledDevice(c, Contents::none).add(nullptr, nullptr, 10); }).seconds, 0.5 + 4 * 3 * 10);
}

TEST(Tables, AreReadByTheNamesOfTheirColumns) {
  EXPECT_EQ(read("# a machine\nshape,m,n,k,product,gflops\nforward,2,3,5,packed,6e-8\nweights,2,3,5,packed,3e-8\n"), "2 3 5 1\n2 3 5 2\n");
  // As make gpu-report writes it: names with commas, one more column, several products.
  const std::string gpu = "shape,m,n,k,product,gflops,of_cublas\n\"x w, layer 1\",2,3,5,\"cuBLAS\",6e-8,\n\"x w, layer 1\",2,3,5,\"15 tensor cores, tf32\",1.2e-7,2\n";
  EXPECT_EQ(read(gpu, ":cuBLAS"), "2 3 5 1\n");
  EXPECT_EQ(read(gpu, ":15 tensor cores, tf32"), "2 3 5 0.5\n");
  EXPECT_EQ(read(gpu), ":3: '15 tensor cores, tf32' and 'cuBLAS': take one of them by :PRODUCT");
  EXPECT_EQ(read(gpu, ":loops"), "products '': it has none called loops");
  EXPECT_EQ(read(""), "products '': it has none");
  for (const std::string missing : {"m", "n", "k", "product", "gflops"}) {
    std::string names = "shape,m,n,k,product,gflops,of_cublas";
    names.replace(names.find("," + missing + ","), missing.size() + 1, "");
    EXPECT_EQ(read(names + "\nforward,2,3,5,6,7\n"), ":1: no column is called " + missing);
  }
  for (const char* wrong : {"0", "-1", "two", "2x", "", "nan"})
    EXPECT_EQ(read("m,n,k,product,gflops\n2,3,5,packed," + std::string(wrong) + "\n"), ":2: '" + std::string(wrong) + "' is no positive number");
  EXPECT_EQ(read("m,n,k,product,gflops\n2,3\n"), ":2: '' is no positive number");
  EXPECT_EQ(error_of([] { read_products("no/such.csv"); }), "products 'no/such.csv': no such file");
}

// Chapter 01's table of all products of four batches has the rates that its text shows.
TEST(Tables, OfChapter01IsTheOneThatWasMeasured) {
  const std::vector<MeasuredProduct> table = read_products(of_chapter_01);
  std::ifstream text("chapters/01_serial/results/products.md");
  size_t rows = 0;
  for (std::string line; std::getline(text, line);) {
    int m, n, k;
    double rate;
    if (std::sscanf(line.c_str(), "%*s %d x %d x %d %*f %*f %% %*f %*f %% %lf", &m, &n, &k, &rate) != 4) continue;
    ASSERT_LT(rows, table.size());
    const MeasuredProduct& p = table[rows++];
    EXPECT_TRUE(p.m == m && p.n == n && p.k == k) << line;
    EXPECT_NEAR(2e-9 * m * n * k / p.seconds, rate, 0.06) << line;
  }
  EXPECT_EQ(rows, 4u * 8);
  EXPECT_EQ(table.size(), rows);
}

// A step differs from that by the roofline by its products, which are these.
TEST(Tables, SayWhatAStepTakes) {
  Cluster roofline = load_cluster("two_cores_zen3"), measured = roofline;
  measured.products = read_products(of_chapter_01);
  for (const int batch : {128, 100}) {
    const HybridSettings s{.sizes = {784, 512, 256, 10}, .batch = size_t(batch), .allreduce = "mpi", .optimizer = {}};
    double difference = 0;
    for (const auto& [m, n, k] : {std::array{batch, 512, 784}, {batch, 256, 512}, {batch, 10, 256}, {256, 10, batch}, {batch, 256, 10}, {512, 256, batch},
                                  {batch, 512, 256}, {784, 512, batch}})
      difference += product_seconds(measured, m, n, k) - std::max(2.0 * m * n * k / roofline.operations_per_second,
                                                                  4.0 * (m * n + m * k + n * k) / roofline.bytes_per_second);
    EXPECT_NE(difference, 0);
    EXPECT_NEAR(simulate_step(measured, s, {1, 1, 1}).seconds - simulate_step(roofline, s, {1, 1, 1}).seconds, difference, 1e-12) << batch;
  }
}
