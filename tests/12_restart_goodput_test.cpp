// What chapter 12 says of the useful part of a run: the formula against a sum that is taken otherwise, the best interval against its
// neighbours, the simulation against the formula, and the program against all of them.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <sstream>

#include "chapters/12_restart/interval.h"
#include "tests/options_told.h"
#include "tests/program.h"

namespace {

// The mean time until a failure that comes within s seconds, by many small steps.
double lost(double s, double between) {
  constexpr int steps = 20000;
  double sum = 0, weight = 0;
  for (int i = 0; i < steps; ++i) {
    const double t = (i + 0.5) * s / steps, w = std::exp(-t / between);
    sum += w * t;
    weight += w;
  }
  return sum / weight;
}
// The mean time until s seconds have gone by without a failure, each of which costs `more`: failures are tails before the first head.
double until_done(double s, double between, double more) {
  const double well = std::exp(-s / between);
  return s == 0 ? 0 : s + (1 - well) / well * (lost(s, between) + more);
}
double share_by_sums(const Failures& f, double t) {
  return t / until_done(t + f.checkpoint, f.between, until_done(f.restart, f.between, 0));
}

const Failures cases[] = {{10000, 2, 30}, {3600, 60, 600}, {500, 30, 400}, {100, 0.01, 0}, {11000, 30, 600}};

TEST(Formula, IsTheMeanOfTailsAndHeads) {
  for (const Failures& f : cases)
    for (double t : {0.1 * f.between, 0.5 * f.between, young_interval(f)})
      EXPECT_NEAR(useful_share(f, t) / share_by_sums(f, t), 1, 1e-6) << f.between << " " << t;
  // The text's example: about 1 % for saving, 1 % for repeating, 0.3 % for restarts.
  EXPECT_NEAR(useful_share({10000, 2, 30}, 200), 1 - 0.01 - 0.01 - 0.003, 0.0005);
}

TEST(Interval, TheBestIsBetterThanItsNeighbours) {
  for (const Failures& f : cases) {
    const double best = best_interval(f);
    for (double other : {0.98, 1.02, 0.5, 2.0}) EXPECT_GT(share_by_sums(f, best), share_by_sums(f, other * best)) << f.between;
    EXPECT_LT(std::abs(daly_interval(f) - best), std::abs(young_interval(f) - best)) << f.between;
  }
  EXPECT_DOUBLE_EQ(young_interval({10000, 2, 30}), 200);
  EXPECT_DOUBLE_EQ(daly_interval({10000, 2, 30}), 200 * (1 + 0.01 / 3 + 0.0001 / 9) - 2);
  EXPECT_DOUBLE_EQ(daly_interval({10, 20, 0}), 10);  // a checkpoint lasts as long as machines do
  EXPECT_NEAR(daly_interval({10, 19.999, 0}), std::sqrt(400) * (1 + 1 / 3. + 1 / 9.) - 20, 0.01);
}

TEST(Restart, MayTakeAsLongAsTheShareAllows) {
  for (const Failures& f : cases)
    for (double share : {0.5, 0.3}) {
      const Failures other{f.between, f.checkpoint, restart_for(f, share)};
      EXPECT_NEAR(useful_share(other, best_interval(f)), share, 1e-9);
    }
  EXPECT_LT(restart_for({100, 50, 0}, 0.9), 0);
}

TEST(Simulation, WithoutFailuresIsOneIntervalAfterTheOther) {
  EXPECT_DOUBLE_EQ(simulated_seconds({1e300, 2, 30}, 200, 7, 5), 7 * 202.0);
  EXPECT_EQ(simulated_seconds({100, 2, 30}, 20, 50, 5), simulated_seconds({100, 2, 30}, 20, 50, 5));
  EXPECT_NE(simulated_seconds({100, 2, 30}, 20, 50, 5), simulated_seconds({100, 2, 30}, 20, 50, 6));
}

// What is seen of a run is all of its time: as many intervals as were asked for, and after each failure a restart.
TEST(Simulation, TellsWhatARunDoes) {
  for (const Failures& f : cases)
    for (uint64_t seed = 0; seed < 20; ++seed) {
      constexpr int intervals = 30;
      const double t = young_interval(f);
      std::vector<Stretch> seen;
      const double seconds = simulated_seconds(f, t, intervals, seed, &seen);
      EXPECT_EQ(seconds, simulated_seconds(f, t, intervals, seed));
      double sum = 0;
      int done = 0;
      bool failed = false;
      for (const Stretch& stretch : seen) {
        EXPECT_EQ(stretch.restart, failed);
        const double whole = stretch.restart ? f.restart : t + f.checkpoint;
        if (stretch.failed) EXPECT_LE(stretch.seconds, whole);
        else EXPECT_EQ(stretch.seconds, whole);
        failed = stretch.failed;
        done += !stretch.restart && !failed;
        sum += stretch.seconds;
      }
      EXPECT_EQ(done, intervals);
      EXPECT_FALSE(failed);
      EXPECT_NEAR(sum, seconds, 1e-9 * seconds);
    }
}

// Of 40 intervals of 95 % two miss on average, and seven or more with a probability below 0.4 %; the seeds are given, so that the
// verdict is always the same.
TEST(Simulation, HasTheFormulaInItsInterval) {
  int missed = 0, all = 0;
  for (const Failures& f : {cases[0], cases[1], cases[2], cases[4]})
    for (uint64_t group = 0; group < 10; ++group, ++all) {
      constexpr int runs = 300, intervals = 60;
      const double t = young_interval(f);
      double sum = 0, squares = 0;
      for (uint64_t run = 0; run < runs; ++run) {
        const double share = simulated_seconds(f, t, intervals, 1000 * group + run) / (t * intervals);
        sum += share;
        squares += share * share;
      }
      const double mean = sum / runs, half = 1.97 * std::sqrt((squares / runs - mean * mean) / (runs - 1));
      missed += !(std::abs(mean - 1 / useful_share(f, t)) <= half);
      EXPECT_NEAR(mean, 1 / useful_share(f, t), 4 * half);
    }
  EXPECT_EQ(all, 40);
  EXPECT_LT(missed, 7);
}

// Runs that no other seed has; the 95 % interval of their mean, and of what is useful in that time.
TEST(Simulation, IsEstimatedFromItsRuns) {
  constexpr int runs = 70, intervals = 9, seed = 3;
  for (const Failures& f : cases) {
    const double t = young_interval(f), work = t * intervals;
    std::vector<double> seconds;
    for (uint64_t run = 0; run < runs; ++run) seconds.push_back(simulated_seconds(f, t, intervals, seed * runs + run));
    double mean = 0, squares = 0;
    for (double s : seconds) mean += s / runs;
    for (double s : seconds) squares += (s - mean) * (s - mean);
    const double half = 1.96 * std::sqrt(squares / (runs - 1) / runs);
    const Estimate e = simulated_share(f, t, intervals, runs, seed);
    EXPECT_NEAR(e.mean, work / mean, 1e-9 * e.mean);
    EXPECT_NEAR(e.half, half * work / mean / mean, 1e-5 * e.half) << "d(w / s) = w / s² ds";
  }
}

std::string line_with(const ProgramRun& run, const std::string& begin) {
  std::istringstream lines(run.output);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(begin)) return line.substr(begin.size());
  ADD_FAILURE() << "no line '" << begin << "'\n" << run.output;
  return "";
}

TEST(Goodput, PrintsWhatTheSumsSay) {
  const std::string program = "env -u PMI_RANK -u PMI_SIZE -u PMI_FD " + build_folder() + "/chapters/12_restart/goodput";
  EXPECT_EQ(options_told(run_program(program + " --help").output),
            "nodes N (at least 1) [2048]\nnode-hours X (0.001 to 1000000000) [6336]\ncheckpoint X (1e-06 to 1000000000) [30]\n"
            "restart X (0 to 1000000000) [600]\ninterval X (0 to 1000000000) [0]\nruns N (2 to 10000000) [1000]\nintervals N (1 to 1000000) [200]\nseed N (at least 0) [1]\n");
  const ProgramRun run = run_program(program + " --nodes 500 --node-hours 1000 --checkpoint 60 --restart 300 --interval 1234.5 --runs 400 --intervals 100 --seed 7");
  ASSERT_EQ(run.status, 0) << run.output;
  EXPECT_TRUE(run.output.starts_with("500 nodes, each fails once in 1000 h: a failure every 2 h; a checkpoint takes 60 s, a restart 300 s\n\n"
                                     "save after                             useful by formula   simulated, 95 % interval\n"));
  EXPECT_TRUE(contains(run.output, "\n\npublished, and a checkpoint of     failure every   useful if a restart takes     90 % leaves\n"
                                   "                                                     5 min   15 min     for a restart\n"));
  const Failures f{7200, 60, 300};
  const double best = best_interval(f);
  const std::pair<const char*, double> rows[] = {{"a quarter of the best", best / 4}, {"Young 1974, sqrt(2 c M)", std::sqrt(2 * 60 * 7200.0)},
                                                 {"Daly 2006 ", daly_interval(f)}, {"the best ", best}, {"four times the best", 4 * best}, {"--interval", 1234.5}};
  for (const auto& [name, interval] : rows) {
    double seconds = 0, share = 0, mean = 0, low = 0, high = 0;
    ASSERT_EQ(std::sscanf(line_with(run, name).c_str(), " %lf s %lf %% %lf %% (%lf to %lf)", &seconds, &share, &mean, &low, &high), 5);
    EXPECT_NEAR(seconds, interval, 0.051);
    EXPECT_NEAR(share, 100 * share_by_sums(f, interval), 0.00051);
    EXPECT_NEAR((low + high) / 2, mean, 0.0011);
    const Estimate simulated = simulated_share(f, interval, 100, 400, 7);
    EXPECT_NEAR(mean, 100 * simulated.mean, 0.00051) << name;
    EXPECT_NEAR((high - low) / 2, 100 * simulated.half, 0.0011) << name;
    // Twice the interval: of six that hang together one may miss.
    EXPECT_LT(std::abs(mean - share), high - low) << name;
    // The spread of a run's time is that of its failures, n of them on average, each costing about half an interval and a restart.
    EXPECT_GT(high - low, 0.01);
    EXPECT_LT(high - low, 2);
  }
  // 54 days, 419 interruptions, and in 60 days 105: a checkpoint of 10 s and of 60 s.
  for (const auto& [name, hours] : {std::pair{"Llama 3, 16384 GPUs, 54 days", 54 * 24 / 419.0}, {"OPT-175B, 992 GPUs, 2 months", 60 * 24 / 105.0}})
    for (double checkpoint : {10.0, 60.0}) {
      char begin[100];
      std::snprintf(begin, sizeof begin, "%-28s %3.0f s", name, checkpoint);
      double every = 0, five = 0, fifteen = 0, minutes = 0;
      ASSERT_EQ(std::sscanf(line_with(run, begin).c_str(), " %lf h %lf %% %lf %% %lf min", &every, &five, &fifteen, &minutes), 4);
      Failures g{3600 * hours, checkpoint, 300};
      const double t = best_interval(g);
      EXPECT_NEAR(every, hours, 0.0051);
      EXPECT_NEAR(five, 100 * share_by_sums(g, t), 0.0051);
      g.restart = 900;
      EXPECT_NEAR(fifteen, 100 * share_by_sums(g, t), 0.0051);
      g.restart = 60 * minutes;
      EXPECT_NEAR(share_by_sums(g, t), 0.9, 0.0005);
    }
  const std::string short_one = " --runs 2 --intervals 3 --interval 22275";  // as long as may be: twice 6336 hours by 2048 nodes
  EXPECT_EQ(run_program(program + short_one).status, 0);
  EXPECT_EQ(run_program("env -u PMI_RANK -u PMI_SIZE -u PMI_FD sh common/mpi/launch 2 " + build_folder() + "/chapters/12_restart/goodput" + short_one).output,
            run_program(program + short_one).output);  // rank 0 speaks
  const ProgramRun long_one = run_program(program + " --nodes 3600 --node-hours 1000 --interval 2001");
  EXPECT_EQ(long_one.status, 1);
  EXPECT_TRUE(contains(long_one.output, "--interval 2001 s: two failures are nearer to each other, and no run ends\n"));
  EXPECT_EQ(long_one.lines(), 1u);
  const ProgramRun bad = run_program(program + " --checkpoint 0");
  EXPECT_EQ(bad.status, 1);
  EXPECT_EQ(bad.lines(), 1u) << bad.output;
}

}  // namespace
