// The programs of chapter 13 as a user meets them.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "chapters/05_collectives/core_share.h"
#include "chapters/13_scaling/product_time.h"
#include "chapters/13_scaling/scaling_options.h"
#include "chapters/13_scaling/step_time.h"
#include "common/machine.h"
#include "tests/plain_training.h"
#include "tests/data_sets.h"
#include "tests/full_disk.h"
#include "tests/known_clock.h"
#include "tests/options_told.h"
#include "tests/program.h"

#define main bench_main
namespace bench_program {
#include "chapters/13_scaling/bench.cpp"
}
#undef main

namespace {

namespace fs = std::filesystem;

ProgramRun run(const std::string& program) {
  return run_program(build_folder() + "/chapters/13_scaling/" + program);
}

std::string hash_of_weights(const ProgramRun& run) {
  const size_t found = run.output.find("; weights ");
  return found == std::string::npos ? "none" : run.output.substr(found + 10, 16);
}

std::string temporary(const std::string& name) {
  return testing::TempDir() + std::to_string(getpid()) + name;
}

// The network of these programs, and a step of it on a cluster.
HybridSettings network(const std::vector<int>& sizes, size_t batch, const std::string& optimizer = "sgd") {
  return {.sizes = sizes, .batch = batch, .allreduce = "mpi", .optimizer = {.name = optimizer}};
}
StepTime step_of(const std::string& cluster, HybridSettings s, const GridShape& shape, int micro_batches, const std::string& products = "") {
  Cluster c = load_cluster(cluster);
  if (!products.empty()) c.products = read_products(products);
  s.micro_batches = micro_batches;
  return simulate_step(c, s, shape);
}
template <class... Values>
std::string line(const char* format, Values... values) {
  char text[300];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}
std::string text_of(const std::string& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

const std::string quick = "train --hidden 24,16 --train-samples 600 --batch 47 --epochs 1 --data " + data_sets::first_images() + " ";

}  // namespace

TEST(Train, PrintsWhatAPlainLoopComputes) {
  for (const plain::Run& run : plain::runs())
    EXPECT_EQ(plain::complaints(::run("train --cluster ethernet --replicas 5" + run.options()), run, 5), "");
}

TEST(Train, ManyRanksEndWithTheBitsOfTheSerialProgram) {
  const ProgramRun serial =
      run_program(build_folder() + "/chapters/01_serial/" + quick + "--micro-batches 16");
  const ProgramRun many =
      run(quick + "--micro-batches 16 --replicas 16 --pipeline 3 --reproducible --compare-with-serial");
  EXPECT_EQ(many.status, 0) << many.output;
  EXPECT_TRUE(contains(many.output, "the same bits"));
  EXPECT_TRUE(contains(many.output, "simulated: 48 ranks on 24 nodes of: 2 cores of an AMD EPYC"));
  EXPECT_EQ(hash_of_weights(many), hash_of_weights(serial)) << serial.output;
}

// 13 steps of 600 rows. What it says in the end fits together, and one rank's step is that of a simulation of its own.
TEST(Train, SaysHowLongThatWouldTake) {
  const ProgramRun many = run(quick + "--replicas 3 --epochs 2 --cluster ethernet");
  EXPECT_EQ(many.status, 0) << many.output;
  const size_t at = std::min(many.output.size(), many.output.find("simulated: 3 ranks on 1 node of: " + load_cluster("ethernet").title + "\n"));
  double ms = 0, rate = 0, one = 0, speedup = 0, efficiency = 0, all = 0, computing = 0, messages = 0, megabytes = 0;
  EXPECT_EQ(std::sscanf(many.output.c_str() + at,
                        "simulated: %*[^\n] %lf ms a step, %lf samples/s; one rank %lf ms; speedup %lf, efficiency %lf %% with evaluation %lf s, of "
                        "which ranks compute %lf %%; %lf messages, %lf MB",
                        &ms, &rate, &one, &speedup, &efficiency, &all, &computing, &messages, &megabytes),
            9)
      << many.output;
  EXPECT_NEAR(rate, 1200 / (26 * ms / 1000), 0.001 * rate);
  const double alone = 1000 * step_of("ethernet", network({784, 24, 16, 10}, 47), {1, 1, 1}, 1).seconds;
  EXPECT_NEAR(one, alone, 0.0006 * alone);
  EXPECT_NEAR(speedup, one / ms, 0.0051 + 0.001 * speedup);
  EXPECT_NEAR(efficiency, 100 * speedup / 3, 0.3);
  EXPECT_GT(all, 26 * ms / 1000);
  EXPECT_TRUE(computing > 0 && computing < 100) << many.output;
  // A step is like the simulated one of 47 rows: 24 of them have that many, two have 36. So are its messages, but for half of the six of
  // the barrier behind the two simulated steps; evaluation and the collection of the weights have some more.
  const StepTime step = step_of("ethernet", network({784, 24, 16, 10}, 47), {3, 1, 1}, 3);
  EXPECT_NEAR(ms, 1000 * step.seconds, 0.1 * ms);
  const double without_barrier = 26 * (double(step.messages) - 3);
  EXPECT_GE(messages, without_barrier);
  EXPECT_LE(messages, without_barrier + 60);
  EXPECT_NEAR(megabytes, 26e-6 * step.bytes, 0.1 * megabytes);
}

// A table of one product, which is slow: the step and that of one rank are made of it.
TEST(Train, TakesMeasuredProducts) {
  const std::string file = temporary("products.csv");
  std::ofstream(file) << "m,n,k,product,gflops\n47,24,784,slow,1e-3\n";
  const ProgramRun many = run(quick + "--pipeline 2 --tensor 2 --train-samples 47 --cluster two_cores_zen3 --products " + file);
  double ms = 0, one = 0;
  EXPECT_EQ(std::sscanf(many.output.c_str() + std::min(many.output.size(), many.output.find("simulated: ")),
                        "simulated: %*[^\n] %lf ms a step, %*f samples/s; one rank %lf ms", &ms, &one), 2) << many.output;
  const HybridSettings s = network({784, 24, 16, 10}, 47);
  const double alone = 1000 * step_of("two_cores_zen3", s, {1, 1, 1}, 1, file).seconds;
  EXPECT_NEAR(one, alone, 0.0006 * alone);
  EXPECT_GT(one, 100 * 1000 * step_of("two_cores_zen3", s, {1, 1, 1}, 1).seconds);
  const double together = 1000 * step_of("two_cores_zen3", s, {2, 2, 2}, 2, file).seconds;
  EXPECT_NEAR(ms, together, 0.01 * together);
  fs::remove(file);
}

TEST(Train, TensorRanksStayWithinTheBound) {
  const ProgramRun many = run(quick + "--replicas 2 --tensor 12 --cluster infiniband --compare-with-serial");
  EXPECT_EQ(many.status, 0) << many.output;
  EXPECT_TRUE(contains(many.output, "within ten times what another order of sums does"));
  EXPECT_TRUE(contains(many.output, "efficiency"));
}

// The order of sums is the serial run's wherever no layer is cut, and the gradients of one rank, or of all in order, are added.
TEST(Train, KnowsWhoHasTheBitsOfTheSerialRun) {
  const std::string compared = quick + "--train-samples 94 --compare-with-serial ", other = "within ten times what another order of sums does";
  for (const auto& [options, says] : {std::pair{"--replicas 1 --pipeline 2 --micro-batches 3", "\nthe same bits\n"},
                                      {"--replicas 1 --tensor 2 --micro-batches 3", other.c_str()},
                                      {"--replicas 2 --tensor 2 --micro-batches 3 --reproducible", other.c_str()},
                                      {"--replicas 2 --micro-batches 3", other.c_str()}}) {
    const ProgramRun many = run(compared + options);
    EXPECT_EQ(many.status, 0) << many.output;
    EXPECT_TRUE(contains(many.output, says)) << options;
  }
}

TEST(Train, DrawsATimeline) {
  const std::string file = temporary("step.json");
  const ProgramRun many = run(quick + "--pipeline 2 --train-samples 47 --trace " + file);
  EXPECT_EQ(many.status, 0) << many.output;
  const ProgramRun picture = run_program("sh common/mpi_guard/timeline " + file);
  fs::remove(file);
  EXPECT_EQ(picture.status, 0);
  EXPECT_TRUE(contains(picture.output, "<svg"));
  EXPECT_TRUE(contains(picture.output, "rank 3 on node 1"));
}

TEST(Train, AMistakeIsOneLineAndAStatus) {
  for (const auto& [options, line] :
       {std::pair{
            "--cluster moon",
            "error: cluster 'moon': no such file, and none of ethernet, gpu_pods, infiniband, two_cores"},
        {"--pipeline 4", "error: pipeline: 4 chunks of layers are more than the network's 3 layers"},
        {"--replicas 0", "error: --replicas"},
        {"--device cuda", "error: --device"},
        {"--learning-rate 1e30", "error: --learning-rate: 1e30 is out of range"}}) {
    const ProgramRun mistaken = run(quick + options);
    EXPECT_EQ(mistaken.status, 1) << mistaken.output;
    EXPECT_TRUE(contains(mistaken.output, line));
  }
}

TEST(Scaling, PrintsATableAndWritesIt) {
  const std::string file = temporary("scaling.csv");
  const ProgramRun table = run("scaling --cluster ethernet --ranks 16 --batch 256 --csv " + file);
  EXPECT_EQ(table.status, 0) << table.output;
  EXPECT_TRUE(contains(table.output, "Office machines"));
  EXPECT_TRUE(contains(table.output, "strong scaling: batch 256"));
  EXPECT_TRUE(contains(table.output, "      1   1 x 1 x 1 "));
  std::ifstream in(file);
  int lines = 0;
  for (std::string line; std::getline(in, line);) ++lines;
  fs::remove(file);
  EXPECT_EQ(lines, 1 + 5);  // 1, 2, 4, 8, 16 ranks
}

TEST(Scaling, WeakMeansTheSameRowsForEachRank) {
  const ProgramRun table = run("scaling --weak --data-only --ranks 4 --batch 64 --cluster infiniband");
  EXPECT_EQ(table.status, 0) << table.output;
  EXPECT_TRUE(contains(table.output, "weak scaling: batch 64 a rank"));
  EXPECT_TRUE(contains(table.output, "      4   4 x 1 x 1               4     256 "));
}

// Every number of the table and of the file, from the simulated steps alone. The serial part is Karp and Flatt's, for weak scaling
// what is left of Gustafson's law.
TEST(Scaling, PrintsWhatFollowsFromTheSteps) {
  const std::string file = temporary("scaling.csv");
  for (const bool weak : {false, true})
    for (const bool data_only : {false, true}) {
      const ProgramRun table = run("scaling --cluster ethernet --ranks 9 --inputs 30 --hidden 20 --batch 24 --optimizer momentum --csv " + file +
                                   (weak ? " --weak" : "") + (data_only ? " --data-only" : ""));
      const Cluster c = load_cluster("ethernet");
      std::string rows = c.title + "\n30-20-10, 830 parameters, " + (weak ? "weak scaling: batch 24 a rank\n" : "strong scaling: batch 24\n") +
                         "  ranks        grid   micro-batches   batch   ms a step   samples/s    speedup  efficiency  computing   serial part\n",
                  csv = "ranks,data,pipeline,tensor,batch,seconds,samples_per_second,speedup,efficiency,computing\n";
      double one = 0;
      for (const int p : {1, 2, 4, 8}) {
        const size_t batch = weak ? 24 * size_t(p) : 24;
        const HybridSettings s = network({30, 20, 10}, batch, "momentum");
        const StepTime t = data_only ? step_of("ethernet", s, {p, 1, 1}, p) : search_grids(c, s, p).grids.front();
        const double rate = double(batch) / t.seconds;
        if (p == 1) one = rate;
        const double speedup = rate / one, share = t.computing / t.seconds;
        rows += line("%7d %11s %15d %7zu %11.4g %11.4g %10.2f %9.1f %% %8.1f %%", p, to_string(t.shape).c_str(), t.micro_batches, batch,
                     1000 * t.seconds, rate, speedup, 100 * speedup / p, 100 * share);
        if (p > 1) rows += line("   %9.5f", weak ? (p - speedup) / (p - 1) : (1 / speedup - 1.0 / p) / (1 - 1.0 / p));
        rows += "\n";
        csv += line("%d,%d,%d,%d,%zu,%g,%g,%g,%g,%g\n", p, t.shape.data, t.shape.pipeline, t.shape.tensor, batch, t.seconds, rate, speedup,
                    speedup / p, share);
      }
      EXPECT_TRUE(contains(table.output, rows)) << table.output << rows;
      EXPECT_EQ(text_of(file), csv);
    }
  fs::remove(file);
}

TEST(Scaling, StopsWhereRowsRunOut) {
  const ProgramRun table = run("scaling --data-only --ranks 16 --batch 4");
  EXPECT_EQ(table.status, 0) << table.output;
  EXPECT_TRUE(table.output.ends_with("\n      8  more ranks than rows\n")) << table.output;
  EXPECT_TRUE(contains(table.output, "      4   4 x 1 x 1 "));
  EXPECT_TRUE(contains(run("scaling --csv /no/such/folder/x").output, "error: /no/such/folder/x: cannot be written\n"));
}

TEST(Scaling, AFullDiskIsNamed) {
  SKIP_WITHOUT_FULL_DISK();
  const FullDisk full;
  const ProgramRun table = run("scaling --data-only --ranks 2 --batch 4 --csv " + full.file());
  EXPECT_EQ(table.status, 1) << table.output;
  EXPECT_TRUE(table.output.ends_with("\nerror: " + full.file() + ": cannot be written\n")) << table.output;
}

// A line is seen when its step is known. Here the program is ended at the end, when it writes a file that may not grow.
TEST(Scaling, WhatItSaidIsSeenWhenItDies) {
  const std::string file = temporary("scaling_that_dies.csv");
  const ProgramRun table = run_program("ulimit -c 0; ulimit -f 0; " + build_folder() + "/chapters/13_scaling/scaling --data-only --ranks 2 --batch 4 --csv " + file);
  EXPECT_NE(table.status, 0) << table.output;
  EXPECT_TRUE(contains(table.output, "\n      1   1 x 1 x 1 ") && contains(table.output, "\n      2   2 x 1 x 1 "));
  fs::remove(file);
}

TEST(Grids, AreSortedAndCounted) {
  const ProgramRun table = run("grids --cluster gpu_pods --ranks 16 --hidden 64,64,64 --batch 64 --show 3");
  EXPECT_EQ(table.status, 0) << table.output;
  EXPECT_TRUE(contains(table.output, "16 ranks on 2 nodes"));
  EXPECT_TRUE(contains(table.output, "slower ones"));
  const ProgramRun none = run("grids --ranks 4 --batch 1 --hidden none");
  EXPECT_EQ(none.status, 1) << none.output;
  EXPECT_TRUE(contains(none.output, "error: no grid of 4 ranks fits"));
}

TEST(Grids, PrintsWhatTheSearchFound) {
  const Cluster c = load_cluster("gpu_pods");
  const GridSearch search = search_grids(c, network({30, 20, 16, 10}, 12, "adam"), 4);
  ASSERT_GT(search.grids.size(), 4u);
  for (const size_t show : {size_t{3}, search.grids.size() - 1, search.grids.size()}) {
    const ProgramRun table = run("grids --cluster gpu_pods --ranks 4 --inputs 30 --hidden 20,16 --batch 12 --optimizer adam --show " + std::to_string(show));
    std::string rows = c.title + "\n30-20-16-10, 1126 parameters, batch 12: 4 ranks on 1 node\n"
                       "  data pipeline tensor micro-batches   ms a step   samples/s   computing   MB a rank   MB sent by it\n";
    for (size_t i = 0; i < show; ++i) {
      const StepTime& t = search.grids[i];
      rows += line("%6d %8d %6d %13d  %10.4g  %10.4g   %7.1f %%   %9.4g   %13.4g\n", t.shape.data, t.shape.pipeline, t.shape.tensor,
                   t.micro_batches, 1000 * t.seconds, 12 / t.seconds, 100 * t.computing / t.seconds, t.memory * 1e-6, t.bytes * 1e-6 / 4);
    }
    if (show < search.grids.size()) rows += "and " + std::to_string(search.grids.size() - show) + " slower ones\n";
    EXPECT_TRUE(table.output.ends_with(rows)) << table.output << rows;
  }
  EXPECT_TRUE(contains(run("grids --cluster gpu_pods --ranks 1 --batch 4").output, ": 1 rank on 1 node\n"));
  EXPECT_TRUE(contains(run("grids --cluster gpu_pods --ranks 9 --batch 9 --hidden none").output, ": 9 ranks on 2 nodes\n"));

  // A cluster with 2 MB a rank: what needs more is counted.
  const std::string file = temporary("small.txt");
  std::string text = text_of("chapters/13_scaling/clusters/ethernet.txt");
  const size_t memory = text.find("memory-gbyte   ");
  text.replace(memory, text.find('\n', memory) - memory, "memory-gbyte 0.002");
  std::ofstream(file) << text;
  const GridSearch some = search_grids(load_cluster(file), network({784, 512, 256, 10}, 64), 4);
  ASSERT_GT(some.too_large, 0);
  const ProgramRun small = run("grids --cluster " + file + " --ranks 4 --batch 64");
  EXPECT_TRUE(small.output.ends_with(std::to_string(some.too_large) + " more need over 2 MB a rank\n")) << small.output;
  const ProgramRun none = run("scaling --cluster " + file + " --ranks 1 --batch 64");
  EXPECT_TRUE(contains(none.output, "error: no grid of 1 ranks fits: batch 64, 3 layers, 2 MB a rank\n"));
  fs::remove(file);
}

// Chapter 10's benchmark is a script here, whose times are known.
TEST(Bench, PutsSimulatedTimesBesideMeasuredOnes) {
  const std::string build = temporary("build"), script = build + "/chapters/10_hybrid/bench";
  fs::create_directories(build + "/chapters/10_hybrid");
  std::ofstream(script) << "#!/bin/sh\n[ ${PMI_RANK:-${OMPI_COMM_WORLD_RANK:-0}} = 0 ] || exit 0\necho \"asked: $*\" >&2\n"
                           "echo 'grid       micro-batches  estimated'\necho '1 x 1 x 1 1 8.25 10.50 12.75 1.00'\n"
                           "echo '3 x 1 x 1 3 3.25 4.20 5.75 2.50'\necho '1 x 3 x 1 6 6.25 5.25 9.75 2.00'\n";
  fs::permissions(script, fs::perms::owner_all);
  const std::string command = "env -u PMI_RANK -u PMI_SIZE -u PMI_FD B=" + build + " " + build_folder() + "/chapters/13_scaling/bench --cluster ethernet ";
  const ProgramRun bench = run_program(command + "--ranks 3 --rounds 7 --batches 24,60");
  EXPECT_EQ(bench.status, 0) << bench.output;
  EXPECT_TRUE(contains(bench.output, "asked: --batch 60 --rounds 7 --only-if-quiet\n"));
  EXPECT_TRUE(contains(bench.output, "measured on " + machine_name() + ", simulated: " + load_cluster("ethernet").title + "\n" + std::string(40, ' ') + "ms a step" + std::string(30, ' ') +
                                         "speedup\nbatch  grid       micro-batches  estimated  simulated   fastest  median   simulated  measured\n"));
  for (const size_t batch : {24, 60}) {
    struct {
      GridShape shape;
      int micro_batches;
      double estimated, fastest, median;
    } rows[] = {{{1, 1, 1}, 1, 8.25, 10.5, 12.75}, {{3, 1, 1}, 3, 3.25, 4.2, 5.75}, {{1, 3, 1}, 6, 6.25, 5.25, 9.75}};
    double serial = 0;
    for (const auto& r : rows) {
      const double ms = 1000 * step_of("ethernet", network({784, 512, 256, 10}, batch), r.shape, r.micro_batches).seconds;
      if (serial == 0) serial = ms;
      const std::string row = line("%5zu  %-10s %13d  %9.2f  %9.2f   %7.2f %7.2f  %10.2f %9.2f\n", batch, to_string(r.shape).c_str(),
                                   r.micro_batches, r.estimated, ms, r.fastest, r.median, serial / ms, 10.5 / r.fastest);
      EXPECT_TRUE(contains(bench.output, row)) << row << bench.output;
    }
  }
  EXPECT_FALSE(contains(bench.output, "DISTURBED"));
  // The same with measured products. Who asks for a quiet machine has had one.
  const std::string products = "chapters/01_serial/results/products.csv";
  const ProgramRun by_table = run_program(command + "--ranks 3 --batches 60 --only-if-quiet --products " + products);
  EXPECT_EQ(by_table.status, 0) << by_table.output;
  for (const auto& [shape, micro_batches] : {std::pair{GridShape{3, 1, 1}, 3}, {{1, 3, 1}, 6}}) {
    const double ms = 1000 * step_of("ethernet", network({784, 512, 256, 10}, 60), shape, micro_batches, products).seconds;
    EXPECT_TRUE(contains(by_table.output, line("   60  %-10s %13d ", to_string(shape).c_str(), micro_batches))) << by_table.output;
    EXPECT_TRUE(contains(by_table.output, line("  %9.2f   ", ms))) << ms << by_table.output;
  }
  // How fast it simulates: messages by the second are those of a step by its seconds, as far as three digits go.
  for (const int ranks : {8, 64}) {
    const size_t messages = step_of("gpu_pods", network({784, 512, 256, 10}, size_t(4 * ranks)), {ranks, 1, 1}, ranks).messages;
    const std::string mark = line("\n%7d %17zu ", ranks, messages);
    const size_t at = bench.output.find(mark);
    ASSERT_NE(at, std::string::npos) << mark << bench.output;
    double seconds = -1, rate = -1;
    std::sscanf(bench.output.c_str() + at + mark.size(), "%lf %lf", &seconds, &rate);
    EXPECT_NEAR(double(messages) / rate, seconds, 0.0006 + 0.006 * seconds) << bench.output;
  }
  // The first of two batches is disturbed.
  std::ofstream(script) << "#!/bin/sh\necho '1 x 1 x 1 1 8.25 10.50 12.75 1.00'\ncase \"$*\" in *'--batch 24 '*) exit 77 ;; esac\n";
  const ProgramRun disturbed = run_program(command + "--ranks 1 --batches 24,60 --only-if-quiet");
  EXPECT_EQ(disturbed.status, 77) << disturbed.output;
  EXPECT_TRUE(disturbed.output.ends_with("\nDISTURBED: a rank was without its core for too long\n")) << disturbed.output;
  const ProgramRun anyhow = run_program(command + "--ranks 1 --batches 24");
  EXPECT_EQ(anyhow.status, 0) << anyhow.output;
  EXPECT_TRUE(contains(anyhow.output, "\nDISTURBED: a rank was without its core for too long\n\nhow fast it simulates, on one core:\n"));
  std::ofstream(script) << "#!/bin/sh\necho nothing\n";
  const ProgramRun none = run_program(command + "--ranks 1");
  EXPECT_EQ(none.status, 1);
  EXPECT_TRUE(contains(none.output, "error: no times came from `sh common/mpi/launch 1 " + script + " --batch 128 --rounds 15 --only-if-quiet`\n"));
  fs::remove_all(build);
}

// Three steps in six seconds, by the test's clock: two of them for each. Whoever else reads the clock reads it twice, too.
TEST(Bench, TellsItsSpeedByTheStep) {
  static int readings;
  readings = 0;
  const ClockOfTest clock([] { return readings++ % 2 ? 6.0 : 0.0; });
  const HybridSettings s = network({30, 20, 10}, 64);
  std::string expected = "\nhow fast it simulates, on one core:\n  ranks   messages a step   s for a step   messages/s\n";
  for (const int ranks : {8, 64}) {
    HybridSettings of_ranks = s;
    of_ranks.batch = size_t(4 * ranks);
    const size_t messages = step_of("gpu_pods", of_ranks, {ranks, 1, 1}, ranks).messages;
    expected += line("%7d %17zu          2.000 %12.3g\n", ranks, messages, double(messages) / 2);
  }
  EXPECT_EQ(printed_by([&] { bench_program::tell_speed(s); }), expected);
}

// The real processes of chapter 10 beside simulated ones.
TEST(Bench, ComparesWithMeasuredTimes) {
  const ProgramRun bench = run_program("env -u PMI_RANK -u PMI_SIZE -u PMI_FD " + build_folder() +
                                       "/chapters/13_scaling/bench --rounds 1 --batches 64");
  EXPECT_EQ(bench.status, 0) << bench.output;
  EXPECT_TRUE(contains(bench.output, "   64  2 x 1 x 1 "));
  EXPECT_TRUE(contains(bench.output, "\n\nhow fast it simulates, on one core:\n  ranks   messages a step   s for a step   messages/s\n"));
}

// More ranks than cores are never quiet, and the real processes' status says so.
TEST(Bench, IsNotBelievedIfTheRealProcessesWereDisturbed) {
  const int ranks = usable_cores() + 1;
  if (ranks > 17) GTEST_SKIP() << "skipped: more ranks than cores would be " << ranks << " processes";
  const ProgramRun bench = run_program("env -u PMI_RANK -u PMI_SIZE -u PMI_FD " + build_folder() +
                                       "/chapters/13_scaling/bench --rounds 1 --batches 64 --only-if-quiet --ranks " +
                                       std::to_string(ranks));
  EXPECT_EQ(bench.status, 77) << bench.output;
  EXPECT_TRUE(contains(bench.output, "DISTURBED: a rank was without its core for too long\n"));
}

// Each line from the simulated step alone; what an option changes, changes it.
TEST(Step, SaysWhatASimulatedStepTakes) {
  const std::string layers = " --cluster ethernet --inputs 40 --hidden 40,40,40,40,40,40,40,40 --batch 96";
  const auto expect = [&](const std::string& options, const GridShape& shape, const std::string& schedule, int micro_batches, int chunks, int keep_every,
                          auto change) {
    Cluster c = load_cluster("ethernet");
    change(c);
    HybridSettings s = network(std::vector<int>(9, 40), 96);
    s.sizes.push_back(10);
    s.schedule = schedule, s.micro_batches = micro_batches, s.chunks = chunks, s.keep_every = keep_every;
    const StepTime t = simulate_step(c, s, shape);
    const ProgramRun step = run("step" + layers + options);
    EXPECT_EQ(step.status, 0);
    EXPECT_EQ(step.output, line("%s, %s, %d micro-batches: %.4g ms a step, ranks compute %.1f %% of it, %zu messages\n", to_string(shape).c_str(),
                                schedule.c_str(), micro_batches, 1000 * t.seconds, 100 * t.computing / t.seconds, t.messages));
    return t.seconds;
  };
  const auto as_it_is = [](Cluster&) {};
  const double plain = expect(" --pipeline 3 --micro-batches 6", {1, 3, 1}, "1f1b", 6, 1, 1, as_it_is);
  EXPECT_LT(expect(" --pipeline 3 --micro-batches 6 --schedule zb-h1", {1, 3, 1}, "zb-h1", 6, 1, 1, as_it_is), plain);
  EXPECT_GT(expect(" --pipeline 3 --micro-batches 6 --recompute 2", {1, 3, 1}, "1f1b", 6, 1, 2, as_it_is), plain);
  expect(" --pipeline 3 --micro-batches 6 --schedule interleaved --chunks 3", {1, 3, 1}, "interleaved", 6, 3, 1, as_it_is);
  expect(" --replicas 2 --pipeline 2 --tensor 2 --micro-batches 4 --progress-alone", {2, 2, 2}, "1f1b", 4, 1, 1, [](Cluster& c) { c.progress_alone = true; });
  expect(" --replicas 3", {3, 1, 1}, "1f1b", 3, 1, 1, as_it_is);
  // Twelve on two nodes, eight and four, or six and six; all of them send to all others.
  const double block = expect(" --replicas 12 --placement block", {12, 1, 1}, "1f1b", 12, 1, 1, as_it_is);
  EXPECT_NE(expect(" --replicas 12 --placement round-robin", {12, 1, 1}, "1f1b", 12, 1, 1, [](Cluster& c) { c.round_robin = true; }), block);
  // 0.24 ms and 0.26 ms: told apart by the digits that are printed.
  const std::string pipelines = " --replicas 8 --pipeline 3 --micro-batches 4";
  EXPECT_LT(expect(pipelines + " --fifo-ports", {8, 3, 1}, "1f1b", 4, 1, 1, [](Cluster& c) { c.fifo_ports = true; }),
            0.95 * expect(pipelines, {8, 3, 1}, "1f1b", 4, 1, 1, as_it_is));
  // What the file says of its ports needs no option.
  const std::string file = temporary("fifo.txt");
  std::ofstream(file) << text_of("chapters/13_scaling/clusters/ethernet.txt") << "fifo-ports 1\n";
  EXPECT_EQ(run("step" + layers + pipelines + " --cluster " + file).output, run("step" + layers + pipelines + " --fifo-ports").output);
  fs::remove(file);
  EXPECT_EQ(run("step --pipeline 4").output, "error: pipeline: 4 chunks of layers are more than the network's 3 layers\n");
}

TEST(Programs, HaveTheseOptions) {
  const std::string network = "cluster TEXT [two_cores]\ninputs N (1 to 1048576) [784]\nhidden N,N,.. (1 to 1048576) [512,256]\n"
                              "batch N (1 to 16777216) [1024]\noptimizer sgd|momentum|adam [sgd]\nplacement block|round-robin [block]\nproducts TEXT\nfifo-ports\nprogress-alone\n";
  EXPECT_EQ(options_told(run("scaling --help").output), "ranks N (1 to 16384) [64]\nweak\ndata-only\npipeline N (0 to 1000) [0]\ntensor N (0 to 1000) [0]\ncsv TEXT\n" + network);
  EXPECT_EQ(options_told(run("grids --help").output), "ranks N (1 to 16384) [16]\nshow N (at least 1) [8]\n" + network);
  EXPECT_EQ(options_told(run("bench --help").output), "ranks N (1 to 64) [2]\nrounds N (1 to 10000) [15]\nbatches N,N,.. (1 to 1048576) [128,1024]\n"
                                                    "cluster TEXT [two_cores]\nproducts TEXT\nonly-if-quiet\n");
  EXPECT_EQ(options_told(run("step --help").output), "replicas N (1 to 16384) [1]\npipeline N (1 to 1000) [1]\ntensor N (1 to 1000) [1]\nmicro-batches N (at least 0) [0]\n"
                                                     "schedule naive|gpipe|1f1b|interleaved|zb-h1 [1f1b]\nchunks N (1 to 1000) [1]\nrecompute N (1 to 1000) [1]\n" + network);
  const std::string train = options_told(run("train --help").output);
  EXPECT_TRUE(train.starts_with("cluster TEXT [two_cores]\nproducts TEXT\nreplicas N (1 to 16384) [2]\npipeline N (1 to 1000) [1]\n"
                                "tensor N (1 to 1000) [1]\nreproducible\ncompare-with-serial\ntrace TEXT\n"))
      << train;
  EXPECT_TRUE(train.find("micro-batches N (1 to 1048576) [0]\n") != std::string::npos && train.find("epochs N (0 to 100000) [1]\n") != std::string::npos) << train;
  for (const char* program : {"train", "scaling", "grids", "step", "bench"}) EXPECT_EQ(run(program + std::string(" --help")).status, 0);
  for (const char* program : {"train", "scaling", "grids"})
    EXPECT_TRUE(contains(run(program + std::string(" --help")).output, "a file that describes one, or ethernet, gpu_pods, infiniband, two_cores, two_cores_zen3 "));
}

TEST(Data, OfAnySizeAndAnyNumberOfClassesIsTrained) {
  data_sets::expect_every_data_set(build_folder() + "/chapters/13_scaling/train --replicas 2 --pipeline 2");
}
