// A rank that computes on a GPU is killed. Of what ranks share nothing has a name: neither the memory of GPUs (common/cuda_on_cpu) nor
// what MPI maps is there afterwards.
#pragma once

#include <gtest/gtest.h>

#include "tests/data_sets.h"
#include "tests/program.h"
#include "tests/ranks_of_job.h"

// program: one that trains; options: more of them.
inline void expect_nothing_left_behind(int ranks, const std::string& program, const std::string& options) {
  if (on_several_hosts(ranks)) GTEST_SKIP() << "skipped: a rank on another host is not killed from here";
  const data_sets::DataSet data({500, 28, 28, 10}, {90, 28, 28, 10});  // the CPU that stands in for a GPU is slow
  const std::string mark = "--seed " + std::to_string(1000000 + getpid());  // finds our own processes, nobody else's
  const std::string said = testing::TempDir() + "killed_" + std::to_string(getpid()), ours = "pgrep -f '^" + program + " .*" + mark + "'";
  const ProgramRun run = run_program(
      "(env -u PMI_RANK -u PMI_SIZE -u PMI_FD sh common/mpi/launch " + std::to_string(ranks) + " " + program +
      " --device cuda --data " + data.folder + " --epochs 100000 " + options + " " + mark + " >" + said + " 2>&1 & "
      "for i in $(seq 300); do grep -q '^epoch' " + said + " && break; sleep 0.1; done; "
      "ranks=$(" + ours + "); "
      "for r in $ranks; do cat /proc/$r/maps 2>/dev/null; done >" + said + ".maps; "
      "kill -KILL $(" + ranks_of_job(program, mark) + " | sed -n 2p); wait; "
      "echo shared $(grep -cE 'memfd:cuda_on_cpu|/dev/nvidia' " + said + ".maps); "
      "for f in $(grep -o '/dev/shm/.*' " + said + ".maps | sort -u); do [ ! -e $f ] || { echo left $f; rm $f; }; done; " +
      "for i in $(seq 100); do " + ours + " >/dev/null || break; sleep 0.1; done; " +  // a launcher may end before them
      ours + " && echo lives; grep -v '^epoch' " + said + "; rm -f " + said + "*)");
  if (run.output.find("no GPU can be used") != std::string::npos) GTEST_SKIP() << "skipped: no GPU";
  const auto said_that = [&](const char* text) { return run.output.find(text) != std::string::npos; };
  EXPECT_TRUE(said_that("has ended without MPI_Finalize")) << run.output;
  EXPECT_FALSE(said_that("shared 0\n")) << run.output;
  EXPECT_FALSE(said_that("left /dev/shm/")) << run.output;
  EXPECT_FALSE(said_that("lives")) << run.output;
}
