// A training that is killed again and again at places that are drawn, and started again, until it is done: nobody hangs, each start goes
// on from the newest checkpoint that is there, none of which is damaged, and the end has the bits of a run that nothing happened to.
//
// KILLS=200 build/tests/12_kills_long_test: so many in all, instead of 50.  SEED=7: the same draw again; each test prints its own.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>

#include "tests/hosts.h"
#include "tests/program.h"

namespace kills {

namespace fs = std::filesystem;

constexpr int beginning = 0, step = 1, kinds_of_place = 4;  // 12_restart_run_test.cpp: before the first step; steps, calls of the disk, messages
inline const char* const name_of_place[kinds_of_place] = {"at the beginning", "at a step", "at the disk", "at a message"};

// A training that saves after every other step.
struct Job {
  int ranks;
  std::string grid, folder;  // grid: as 12_restart_run_test.cpp reads it
  bool on_hosts = false;     // of a virtual cluster that is up

  struct End {
    ProgramRun run;
    bool came_to_its_end;
    int status;  // of the training
    std::string weights;
    size_t places[kinds_of_place];  // by kind, of the rank that had fewest
  };
  static uint64_t newest(const std::string& in) {  // step; 0: there is none
    uint64_t step = 0;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(in, none)) {
      const std::string name = entry.path().filename();
      if (name.starts_with("step_") && !name.ends_with(".partial")) step = std::max<uint64_t>(step, std::stoull(name.substr(5)));
    }
    return step;
  }
  // `strike`: see 12_restart_run_test.cpp; "0 0 0 rank" is nobody.
  End train(const std::string& strike, const std::string& in) const {
    const uint64_t before = newest(in);
    const std::string program = build_folder() + "/tests/12_restart_run_test";
    const std::string mark = "mark" + std::to_string(getpid());
    // A struck launcher leaves ranks behind. They end when they notice, and hold what this program reads from: for the output of all.
    End end{run_program("{ " + std::string(on_hosts ? Hosts::environment : "") + "env -u PMI_RANK -u PMI_SIZE -u PMI_FD GRID='" + grid + "' FOLDER=" + in + " STRIKE='" + strike +
                        "' timeout -k 5 300 sh -c 'LAUNCHER=$$ exec sh common/mpi/launch " + std::to_string(ranks) + " " + program +
                        " --gtest_also_run_disabled_tests --gtest_filter=Run.DISABLED_StrikesWhereItIsTold " + mark + "'; status=$?; "
                        "for i in $(seq 3000); do pgrep -f '^" + program + " .*" + mark + "' >/dev/null || exit $status; sleep 0.1; done; exit 124; }"),
            false, -1, "none", {}};
    char weights[20] = "none";
    const size_t told = std::min(end.run.output.size(), end.run.output.find("\nstatus "));
    std::sscanf(end.run.output.c_str() + told, " status %d, weights %16[0-9a-f], places %zu %zu %zu %zu", &end.status, weights,
                &end.places[0], &end.places[1], &end.places[2], &end.places[3]);
    end.weights = weights;
    end.came_to_its_end = end.run.status == 0;
    EXPECT_NE(end.run.status, 124) << "hangs\n" << end.run.output;
    EXPECT_FALSE(contains(end.run.output, "passed over")) << "good, or not there";
    EXPECT_FALSE(contains(end.run.output, "no good checkpoint"));
    EXPECT_GE(newest(in), before) << "a checkpoint is lost\n" << end.run.output;
    const std::string from = before > 0 ? "continuing after step " + std::to_string(before) + "," : "no checkpoint in ";
    EXPECT_TRUE(!end.came_to_its_end || contains(end.run.output, from));
    return end;
  }
};

class Kills : public testing::Test {
 protected:
  Kills() : folder(testing::TempDir() + "kills_" + std::to_string(getpid())) { fs::create_directories(folder); }
  ~Kills() override {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  }
  const std::string folder;

  // This test's part of KILLS, where 50 are what all of them do by themselves.
  static int part(int usual) {
    const char* all = std::getenv("KILLS");
    return all ? usual * std::atoi(all) / 50 : usual;
  }

  // Strikes until it has done so `count` times; between them the run comes to its end and starts again. From the beginning of a run
  // every place that is drawn is reached, so at least every other launch is struck.
  void survive(const Job& job, int count, const std::vector<std::string>& victims) {
    Job::End undisturbed = job.train("0 0 0 rank", folder + "/undisturbed");
    ASSERT_EQ(undisturbed.weights.size(), 16u) << undisturbed.run.output;
    ASSERT_EQ(undisturbed.status, 0) << undisturbed.run.output;
    undisturbed.places[beginning] = job.train("0 0 0 rank", folder + "/undisturbed").places[beginning];  // it reads, too
    const char* given = std::getenv("SEED");
    const unsigned seed = given ? unsigned(std::atoi(given)) : std::random_device()();
    std::cout << job.grid << ": SEED=" << seed << ", places:";
    for (const size_t places : undisturbed.places) {
      ASSERT_GT(places, 0u);
      std::cout << " " << places;
    }
    std::cout << std::endl;
    std::mt19937 random(seed);
    const auto draw = [&](size_t n) { return n == 0 ? 0 : size_t(random()) % n; };
    int struck = 0, finished = 0;
    std::map<std::string, int> where;
    for (int launches = 0; struck < count && launches < 2 * count; ++launches) {
      // Of the places that are left; one of them may not be reached, where there are fewer than it seems.
      const size_t all = undisturbed.places[step], left = all - size_t(Job::newest(job.folder));
      const size_t who = draw(size_t(job.ranks)), kind = draw(kinds_of_place);
      const size_t there = 1 + draw(undisturbed.places[kind] * (kind == beginning ? all : left) / all);
      const std::string& what = victims[draw(victims.size())];
      const std::string strike = std::to_string(who) + " " + std::to_string(kind) + " " + std::to_string(there) + " " + what;
      const Job::End end = job.train(strike, job.folder);
      ASSERT_FALSE(HasFailure()) << "struck: " << strike;
      ASSERT_FALSE(contains(end.run.output, "not saved"));
      if (!end.came_to_its_end) {
        ++struck;
        ++where[what + " " + name_of_place[kind]];
        continue;
      }
      ASSERT_EQ(end.weights, undisturbed.weights) << end.run.output;
      ++finished;
      fs::remove_all(job.folder);
    }
    EXPECT_EQ(struck, count);
    const Job::End last = job.train("0 0 0 rank", job.folder);
    EXPECT_EQ(last.status, 0) << last.run.output;
    EXPECT_EQ(last.weights, undisturbed.weights) << last.run.output;
    std::cout << struck << " kills, " << finished + 1 << " runs came to their end;";
    for (const auto& [of, times] : where) std::cout << " " << of << " " << times << ",";
    std::cout << " 0 hangs, 0 checkpoints lost" << std::endl;
  }
};

}  // namespace kills
