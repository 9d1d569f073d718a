// Chapter 13's second referee: what was foreseen of the cases that are measured between virtual hosts, and what the files say.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "chapters/13_scaling/referee/patterns.h"
#include "chapters/13_scaling/simulation.h"
#include "tests/error_of.h"
#include "tests/options_told.h"
#include "tests/program.h"

// The program that measures, on simulated ranks: who computes sleeps, and in each of its rounds the clock goes wrong by so many ms.
namespace measuring {
const double wrong[] = {900, 3, 0, 9, 1, 2};
std::vector<int> readings;  // by rank
double wrong_clock() {
  const int n = readings[size_t(rank_of(MPI_COMM_WORLD))]++;
  return virtual_time() + (n % 2 ? 1e-3 * wrong[n / 2 % 6] : 0);
}
struct Session {
  int size() const { return ranks_of(MPI_COMM_WORLD); }
  int rank() const { return rank_of(MPI_COMM_WORLD); }
};
#define MpiSession Session
#define MPI_Wtime wrong_clock
#define usleep(microseconds) compute(1e-6 * double(microseconds))
#define run_with_mpi(argc, argv, measure) argc + !argv
#include "chapters/13_scaling/referee/measure.cpp"
#undef MpiSession
#undef MPI_Wtime
#undef usleep
#undef run_with_mpi
}  // namespace measuring

namespace {

const std::string folder = "chapters/13_scaling/referee/";

std::vector<std::string> lines_of(const std::string& file) {
  std::ifstream in(file);
  std::vector<std::string> all;
  for (std::string line; std::getline(in, line);)
    if (!line.starts_with("#")) all.push_back(line);
  return all;
}

}  // namespace

TEST(Hosts, PrintsTheFileOfCases) {
  const ProgramRun run = run_program(build_folder() + "/chapters/13_scaling/hosts");
  EXPECT_EQ(run.status, 0) << run.output;
  std::string file;
  for (const std::string& line : lines_of(folder + "cases.csv")) file += line + "\n";
  EXPECT_EQ(run.output, file);
  EXPECT_EQ(options_told(run_program(build_folder() + "/chapters/13_scaling/hosts --help").output),
            "cluster TEXT [chapters/13_scaling/referee/virtual_cluster.txt]\ncases TEXT [chapters/13_scaling/referee/cases.csv]\n");
}

// Other cases, on other hosts: a message of 6 MB between cores of a machine takes a millisecond.
TEST(Hosts, AreThoseThatAreNamed) {
  const std::string file = std::filesystem::temp_directory_path() / ("other_cases_" + std::to_string(getpid()) + ".csv");
  std::ofstream(file) << "1,2,half,6,0,0,0,7\n";
  const ProgramRun run = run_program(build_folder() + "/chapters/13_scaling/hosts --cluster two_cores --cases " + file);
  std::filesystem::remove(file);
  double ms = -1;
  EXPECT_EQ(std::sscanf(run.output.c_str() + std::min(run.output.size(), run.output.find('\n')), " 1,2,half,6,0,0,0,%lf", &ms), 1) << run.output;
  EXPECT_NEAR(ms, 1, 0.02);
  EXPECT_EQ(run.lines(), 2u);
}

// The bytes that leave and enter each host, over its card's bandwidth: no case takes less than the busiest card needs, and those that begin at
// once and only send take no more but for what a few messages cost apart from their bytes.
TEST(Hosts, NeedWhatTheirBusiestCardNeeds) {
  const Cluster c = load_cluster(folder + "virtual_cluster.txt");
  std::map<int, int> hosts;
  bool shared = false, skewed = false, overlapped = false, not_overlapped = false;
  for (const HostCase& h : read_cases(folder + "cases.csv")) {
    ++hosts[h.hosts];
    shared |= h.on_a_host > 1, skewed |= h.late > 0, overlapped |= h.asks > 0, not_overlapped |= h.computes > 0 && h.asks == 0;
    std::vector<double> out(size_t(h.hosts)), in(out);
    for (const Transfer& t : transfers_of(h.pattern, h.ranks(), size_t(250'000 * h.megabytes))) {
      const size_t from = size_t(t.from / h.on_a_host), to = size_t(t.to / h.on_a_host);
      if (from != to) out[from] += 4.0 * double(t.floats), in[to] += 4.0 * double(t.floats);
    }
    double busiest = 0;
    for (size_t host = 0; host < out.size(); ++host) busiest = std::max({busiest, out[host], in[host]});
    const double ms = 1e3 * busiest / c.between.bytes_per_second;
    EXPECT_GE(h.foreseen, ms) << h.pattern;
    if (busiest > 0 && h.late == 0 && h.computes == 0) {
      EXPECT_LT(h.foreseen, ms + 1 + 0.02 * ms) << h.pattern;
    }
  }
  EXPECT_EQ(hosts.size(), 3u);  // 2, 3, 4
  EXPECT_TRUE(shared && skewed && overlapped && not_overlapped);
}

// By hand, one message of 4 MB in m ms. Who is late by 100 ms is waited for; who computes 100 ms sends before or after that, unless it asks.
TEST(Hosts, WaitForWhoIsLateAndForWhoDoesNotAsk) {
  const double m = 4e3 / 23.91;
  std::map<std::string, double> foreseen;
  for (const HostCase& h : read_cases(folder + "cases.csv"))
    if (h.hosts == 2 && h.on_a_host == 1)
      foreseen[h.pattern + " " + std::to_string(int(h.late)) + " " + std::to_string(int(h.computes)) + " " + std::to_string(int(h.asks))] = h.foreseen;
  EXPECT_NEAR(foreseen["half 0 0 0"], m, 1);
  EXPECT_NEAR(foreseen["both 0 0 0"], m, 1);
  EXPECT_NEAR(foreseen["half 100 0 0"], 100 + m, 1);
  EXPECT_NEAR(foreseen["half 1 100 0"], 100 + m, 2);
  EXPECT_NEAR(foreseen["half 0 100 1"], m, 3);
  EXPECT_NEAR(foreseen["both 1 300 0"], 300 + m, 2);
  EXPECT_NEAR(foreseen["both 0 300 1"], 300, 1);
  EXPECT_NEAR(foreseen["ring 0 0 0"], m, 3);  // two steps, half of the operand each, and the sum
  EXPECT_NEAR(foreseen["rank-order 40 0 0"], 40 + m, 3);
}

// What was measured is of these cases as they were foreseen.
TEST(Hosts, WereMeasuredAsTheyWereForeseen) {
  const std::vector<std::string> cases = lines_of(folder + "cases.csv"), measured = lines_of("chapters/13_scaling/results/hosts.csv");
  if (measured.empty()) GTEST_SKIP() << "skipped: not measured yet: make 13-hosts-measured";
  ASSERT_EQ(measured.size(), cases.size());
  for (size_t i = 1; i < cases.size(); ++i) {
    ASSERT_TRUE(measured[i].starts_with(cases[i] + ",")) << measured[i];
    double ms = 0, ratio = 0;
    ASSERT_EQ(std::sscanf(measured[i].c_str() + cases[i].size(), ",%lf,%lf", &ms, &ratio), 2) << measured[i];
    const double foreseen = read_cases(folder + "cases.csv")[i - 1].foreseen;
    EXPECT_NEAR(ratio, ms / foreseen, 0.001) << measured[i];
  }
}

// The line of the text, from ratios that stand beside the limits and at them.
TEST(Hosts, NearIsWithin15Percent) {
  const std::string file = std::filesystem::temp_directory_path() / ("near_" + std::to_string(getpid()) + ".csv");
  std::ofstream out(file);
  out << "# ms\nhosts,...,ratio\n";
  for (const char* ratio : {"0.849", "0.850", "0.989", "0.990", "1.010", "1.011", "1.150", "1.151"}) out << "2,1,half,4,0,0,0,5,7," << ratio << "\n";
  out.close();
  const ProgramRun run = run_program("awk -f " + folder + "nearness.awk " + file);
  std::filesystem::remove(file);
  EXPECT_EQ(run.output, "8 cases: 6 within 15 %, 2 of them within 1 %; the longest 1.15 times as long\n");
}

// Eight columns, behind comments and the line with their names.
TEST(Hosts, ACaseHasEightColumns) {
  const std::string file = std::filesystem::temp_directory_path() / ("cases_" + std::to_string(getpid()) + ".csv");
  const auto said = [&](const std::string& lines) {
    std::ofstream(file) << lines;
    return error_of([&] { read_cases(file); });
  };
  EXPECT_EQ(said("# x\nhosts,...\n"), file + ": no cases");
  EXPECT_EQ(said("2,3,ring,0.5,1,2,4\n"), file + ": not a case: 2 3 ring 0.5 1 2 4");
  EXPECT_EQ(said("two,3,ring,0.5,1,2,4,8\n"), file + ": not a case: two 3 ring 0.5 1 2 4 8");
  std::ofstream(file) << "# x\nhosts,...\n2,3,ring,0.5,1,2,4,8\n5,1,pair,7,0,0,0,3\n";
  const std::vector<HostCase> all = read_cases(file);
  std::filesystem::remove(file);
  ASSERT_EQ(all.size(), 2u);
  const HostCase& c = all[0];
  EXPECT_EQ(std::make_tuple(c.hosts, c.on_a_host, c.pattern, c.megabytes, c.late, c.computes, c.asks, c.foreseen, c.ranks()),
            std::make_tuple(2, 3, std::string("ring"), 0.5, 1.0, 2.0, 4.0, 8.0, 6));
}

// Late by their number times 3 ms, then 2.5 ms, of which they ask after each whole one and at the end.
TEST(Hosts, ComputeAsLongAsTheyShould) {
  for (const double asks : {1.0, 0.0}) {
    const HostCase c{.hosts = 2, .on_a_host = 1, .pattern = "half", .megabytes = 1, .late = 3, .computes = 2.5, .asks = asks, .foreseen = 0};
    simulate(load_cluster("two_cores"), 2, [&] {
      double computed = 0;
      int parts = 0;
      seconds_of_round(c, virtual_time, [&](double seconds) { computed += seconds, ++parts; });
      EXPECT_NEAR(computed, 1e-3 * (3 * rank_of(MPI_COMM_WORLD) + 2.5), 1e-12) << asks;
      EXPECT_EQ(parts, asks > 0 ? 4 : 2);
    });
  }
}

// The median of five rounds, in which the clock goes wrong by 2 ms; the first one, in which connections are made, does not count. Of the cases
// with so many hosts and ranks on each, one line each.
TEST(Hosts, AreMeasuredByTheMedianRound) {
  Cluster hosts = load_cluster(folder + "virtual_cluster.txt");
  measuring::Session session;
  const auto measure = [&](int ranks, const std::string& on, const std::string& each) {
    std::vector<std::string> words = {"measure", folder + "cases.csv", on, each, "5"};
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    hosts.ranks_per_node = std::stoi(each);
    measuring::readings.assign(size_t(ranks), 0);
    simulate(hosts, ranks, [&] { measuring::measure(session, int(words.size()), arguments.data()); });
  };
  for (const auto& [on, each] : {std::pair{3, 1}, {2, 4}}) {
    testing::internal::CaptureStdout();
    measure(on * each, std::to_string(on), std::to_string(each));
    std::istringstream said(testing::internal::GetCapturedStdout());
    for (const HostCase& h : read_cases(folder + "cases.csv")) {
      if (h.hosts != on || h.on_a_host != each) continue;
      double ms = -1;
      said >> ms;
      EXPECT_NEAR(ms, h.foreseen + 2, 0.11) << h.pattern << " " << h.late;
    }
    std::string more;
    EXPECT_FALSE(said >> more) << more;
  }
  EXPECT_EQ(error_of([&] { measure(4, "3", "1"); }), "measure: 4 ranks");
}
