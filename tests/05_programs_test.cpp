// The programs of chapter 05 as a user meets them: launched, with their output and status.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "common/machine.h"
#include "tests/options_told.h"
#include "tests/program.h"

namespace {

// These programs are MPI jobs of their own, whatever job this test may be part of.
ProgramRun launch(int ranks, const std::string& command, const std::string& environment = "") {
  return run_program("env -u PMI_RANK -u PMI_SIZE -u PMI_FD " + environment + " sh common/mpi/launch " +
                     std::to_string(ranks) + " " + build_folder() + "/chapters/05_collectives/" + command);
}

// Each option with its limits and what it is if nothing is said. The body of the text comes from rank 0 alone; one rank is enough to see it.
std::string told(const std::string& program) {
  const ProgramRun run = launch(1, program + " --help");
  EXPECT_EQ(run.status, 0) << run.output;
  return options_told(run.output);
}

TEST(Programs, HelpNamesEveryOption) {
  EXPECT_EQ(told("bench --machine box"), "rounds N (1 to 10000) [41]\ncold\nmachine TEXT [" + machine_name() + "]\ncsv TEXT\nfit TEXT\nonly-if-quiet\n");
  EXPECT_EQ(told("curves"),
            "ranks N,N,.. (1 to 1000000) [2,4,8,16]\nalpha X (0 to 1000000) [10]\nbeta X (0 to 1000000) [1]\ngamma X (0 to 1000000) [0]\nfit TEXT\ncsv TEXT\n");
  EXPECT_EQ(told("steps"),
            "collective broadcast|reduce|scatter|gather|allgather|reduce-scatter|allreduce [allreduce]\nway TEXT [ring]\nfloats N (0 to 100000000) [8400]\n");
}

// What stands between bars in the line that begins with `title`: one text for each rank.
std::vector<std::string> cells(const ProgramRun& run, const std::string& title) {
  std::istringstream lines(run.output);
  std::string line;
  while (std::getline(lines, line) && line.find(title + " ") != 0) line.clear();
  std::vector<std::string> found;
  for (size_t bar = line.find('|'); bar != std::string::npos;) {
    const size_t next = line.find('|', bar + 1);
    std::string cell = line.substr(bar + 2, next == std::string::npos ? next : next - bar - 2);
    cell.erase(cell.find_last_not_of(' ') + 1);
    found.push_back(cell);
    bar = next;
  }
  return found;
}

// "1 2 3" times 1, 10 or 11: the numbers that `six` deals out, added up.
std::string numbers(int ranks, long long times) {
  std::string text;
  for (int i = 1; i <= ranks; ++i) text += (i > 1 ? " " : "") + std::to_string(i * times);
  return text;
}

class SixProgram : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Ranks, SixProgram, testing::Values(1, 3, 4));

TEST_P(SixProgram, EveryRankHasWhatTheStandardSays) {
  const int ranks = GetParam();
  const ProgramRun run = launch(ranks, "six");
  ASSERT_EQ(run.status, 0) << run.output;
  std::vector<std::string> own, blocks;
  long long place = 1, all = 0;
  for (int rank = 0; rank < ranks; ++rank, place *= 10) own.push_back(numbers(ranks, place)), all += place;
  for (int rank = 1; rank <= ranks; ++rank) blocks.push_back(std::to_string(rank * all));
  const auto everywhere = [&](const std::string& text) { return std::vector<std::string>(ranks, text); };
  auto at_root = everywhere("-");
  at_root[0] = numbers(ranks, all);
  EXPECT_EQ(cells(run, "before"), own) << run.output;
  EXPECT_EQ(cells(run, "MPI_Bcast"), everywhere(own[0])) << run.output;
  EXPECT_EQ(cells(run, "MPI_Reduce"), at_root) << run.output;
  EXPECT_EQ(cells(run, "MPI_Allreduce"), everywhere(numbers(ranks, all))) << run.output;
  EXPECT_EQ(cells(run, "MPI_Reduce_scatter_block"), blocks) << run.output;
  EXPECT_EQ(cells(run, "then MPI_Allgather"), everywhere(numbers(ranks, all))) << run.output;
  // Each rank has its column, in all lines the same.
  std::set<std::vector<size_t>> columns;
  std::istringstream lines(run.output);
  for (std::string line; std::getline(lines, line);) {
    std::vector<size_t> bars;
    for (size_t at = 0; (at = line.find('|', at)) != std::string::npos; ++at) bars.push_back(at);
    columns.insert(bars);
  }
  EXPECT_EQ(columns.size(), 1u) << run.output;
}

// One clock for all: whoever leaves first leaves after the last one came.
TEST_P(SixProgram, NobodyLeavesTheBarrierBeforeAllHaveCome) {
  const ProgramRun run = launch(GetParam(), "six");
  std::vector<int> comes, leaves;
  for (auto& [title, times] : {std::pair{"MPI_Barrier: comes", &comes}, {"MPI_Barrier: leaves", &leaves}})
    for (const auto& cell : cells(run, title)) {
      times->push_back(std::atoi(cell.c_str()));
      EXPECT_TRUE(cell.ends_with(" ms")) << cell;
    }
  ASSERT_EQ(comes.size(), size_t(GetParam())) << run.output;
  ASSERT_EQ(leaves.size(), size_t(GetParam())) << run.output;
  EXPECT_GE(comes.back(), 20 * (GetParam() - 1)) << run.output;  // it sleeps that long
  EXPECT_GE(*std::ranges::min_element(leaves), *std::ranges::max_element(comes)) << run.output;
}

TEST(SixProgramOnTenRanks, SaysWhyNot) {
  const ProgramRun run = launch(10, "six");
  EXPECT_NE(run.status, 0) << run.output;
  EXPECT_TRUE(contains(run.output, "six: shows at most 9 ranks, one digit for each\n"));
}

// With x = bytes beta / alpha, and no additions: recursive doubling takes lg p (1 + x), a ring 2 (p-1) + 2 (p-1)/p x,
// Rabenseifner 2 lg p + 2 (p-1)/p x. They meet at 4, 2.4, 1.882 and 8, 8.8, 12.235; alpha / beta is 10,000 bytes.
TEST(CurvesProgram, CrossesWhereOneCalculatesIt) {
  const ProgramRun run = launch(2, "curves");
  EXPECT_EQ(run.status, 0) << run.output;
  for (const char* row : {"\n         2              never              never\n",
                          "\n         4              40000              80000\n",
                          "\n         8              24000              88000\n",
                          "\n        16              18824             122353\n"})
    EXPECT_TRUE(contains(run.output, row));
}

// alpha 1 us, beta 4 ns, gamma 8 ns; 1000 bytes on 4 ranks: 2 (1 + 4 + 8), and 3 (1 + 1 + 2) + 3 (1 + 1).
TEST(CurvesProgram, AddsWhatItIsToldTo) {
  const std::string csv = build_folder() + "/curves_test.csv";
  const ProgramRun run = launch(1, "curves --ranks 4 --alpha 1 --beta 4 --gamma 8 --csv " + csv);
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_TRUE(contains(run.output, "\n      1000               26.0 "));
  EXPECT_TRUE(contains(run.output, "               18.0 "));
  std::ifstream in(csv);
  std::string source, header;
  std::getline(in, source);
  std::getline(in, header);
  EXPECT_TRUE(contains(source, "nothing measured; alpha 1 us"));
  EXPECT_EQ(header, "ranks,bytes,recursive-doubling,rabenseifner,ring,reduce-broadcast");
  std::remove(csv.c_str());
}

// The committed table is what the program writes today.
TEST(CurvesProgram, WritesTheCommittedTable) {
  const std::string csv = build_folder() + "/curves_committed_test.csv";
  const ProgramRun run = launch(1, "curves --csv " + csv);
  EXPECT_EQ(run.status, 0) << run.output;
  const ProgramRun same = run_program("cmp " + csv + " chapters/05_collectives/results/curves.csv");
  EXPECT_EQ(same.status, 0) << same.output;
  std::remove(csv.c_str());
}

// 8400 floats, 8 ranks: n p/4 for each direct half, n (p-1)/p for each half of a ring.
TEST(StepsProgram, CountsWhatCrossesTheMiddle) {
  const ProgramRun run = launch(8, "steps --way all");
  EXPECT_EQ(run.status, 0) << run.output;
  const std::string ranks = "8400 floats, 8 ranks; busiest: ", middle = "14700 floats; across the middle: ";
  for (const std::string& row : {"rank-order:         " + ranks + "14 messages, " + middle + "33600\n",
                                 "ring:               " + ranks + "14 messages, " + middle + "14700\n",
                                 "rabenseifner:       " + ranks + " 6 messages, " + middle + "33600\n"})
    EXPECT_TRUE(contains(run.output, row));
}

// The guard looks, when all is done, for messages that nobody received, requests that nobody waited for and communicators that are left.
// (Sums in two levels keep theirs as long as there is the world.)
TEST(Programs, LeaveNothingUndone) {
  for (const std::string program : {"steps --way all --floats 40000", "steps --collective reduce --way all --floats 40000", "reach"}) {
    const ProgramRun run = launch(3, program, std::string("GUARD_LEFTOVERS=1") + (program.starts_with("steps --way") ? "" : " GUARD_FORBIDS=unfreed"));
    if (run.status == 77) continue;  // no GPU
    EXPECT_EQ(run.status, 0) << program << run.output;
  }
}

// Who reaches whom, on the CPU that stands in for GPUs; each rank on a host of its own; and an MPI that takes pointers.
TEST(ReachProgram, TellsTheWayOfEachPair) {
  const ProgramRun near = launch(3, "reach");
  if (near.status == 77 || !contains(near.output, "NOT A GPU")) GTEST_SKIP() << "skipped: the GPUs of this machine decide";
  ASSERT_EQ(near.status, 0) << near.output;
  if (on_several_hosts(3)) GTEST_SKIP() << "skipped: the ranks are on several hosts";
  for (const char* text : {"NOT A GPU: the CPU stands in for one, and all ranks of a node share it\nrank 0: ", "\nrank 2: ", ", cores ",
                           "\n     1 peer    - peer\n", "\n3 pairs: 3 peer, 0 mpi, 0 host\n"}) EXPECT_TRUE(contains(near.output, text));
  EXPECT_FALSE(contains(near.output, "do not reach"));
  const ProgramRun far = launch(3, "reach", "MPIR_CVAR_NOLOCAL=1");
  if (contains(far.output, "3 peer")) GTEST_SKIP() << "skipped: this MPI cannot be told that it is on several hosts";
  EXPECT_TRUE(contains(far.output, "\n     1 host    - host\n"));
  EXPECT_TRUE(contains(far.output, "\n3 pairs: 0 peer, 0 mpi, 3 host\nbetween nodes gradients go through the host: MPI takes no pointers"));
  EXPECT_TRUE(contains(far.output, ")\n  -> that of Debian and Ubuntu takes none: "));  // MPICH alone can be told so
  const std::string library = testing::TempDir() + "takes_pointers_" + std::to_string(getpid());
  std::ofstream(library + ".c") << "int MPIX_GPU_query_support(int kind, int* yes) { *yes = kind == 0; return 0; }\n";
  const ProgramRun made = run_program("cc -shared -fPIC -o " + library + ".so " + library + ".c");
  ASSERT_EQ(made.status, 0) << made.output;
  const ProgramRun direct = launch(3, "reach", "MPIR_CVAR_NOLOCAL=1 LD_PRELOAD=" + library + ".so");
  EXPECT_TRUE(contains(direct.output, "\n3 pairs: 0 peer, 3 mpi, 0 host\n"));
  EXPECT_FALSE(contains(direct.output, "->"));
  run_program("rm -f " + library + ".c " + library + ".so");
}

// `make doctor` where there are three GPUs, says a tool of this test, and the program is built.
TEST(ReachProgram, IsAskedByTheDoctor) {
  const std::string folder = testing::TempDir() + "doctor_" + std::to_string(getpid());
  run_program("mkdir -p " + folder);
  std::ofstream(folder + "/nvidia-smi") << "#!/bin/sh\ncase $* in *query-gpu*) printf 'G, 1\\nG, 1\\nG, 1\\n' ;; esac\n";
  const auto doctor = [&](const std::string& cuda) {
    return run_program("chmod +x " + folder + "/nvidia-smi; env -u PMI_RANK -u PMI_SIZE -u PMI_FD NVCC= PATH=" + folder + ":$PATH B=" + build_folder() + " CUDA=" + cuda +
                       " sh common/doctor.sh").output;
  };
  const std::string asked = doctor("gpu"), not_asked = doctor("cpu");
  run_program("rm -rf " + folder);
  EXPECT_TRUE(contains(not_asked, "note     which ranks reach each other, how, and what to do about it: make 05-reach RANKS=3\n"));
  EXPECT_TRUE(contains(not_asked, "\n  ok       two processes are rank 0 and rank 1 of 2\n")) << "says the program that it builds";
  EXPECT_FALSE(contains(asked, "make 05-reach"));
  if (!contains(asked, "NOT A GPU")) GTEST_SKIP() << "skipped: the GPUs of this machine decide";
  EXPECT_TRUE(contains(asked, "\n           3 pairs: "));
}

// MPICH can be told that each rank is on a host of its own; then no memory is shared.
TEST(BenchProgram, OnSeveralHostsLeavesOutTheWindow) {
  const std::string csv = build_folder() + "/bench_test.csv";
  const ProgramRun run = launch(2, "bench --rounds 1 --csv " + csv, "MPIR_CVAR_NOLOCAL=1");
  EXPECT_EQ(run.status, 0) << run.output;
  const ProgramRun rows = run_program("cut -d, -f4 " + csv + " | sort | uniq -c");
  std::remove(csv.c_str());
  if (contains(run.output, ", shared window")) GTEST_SKIP() << "skipped: this MPI cannot be told that it is on several hosts";
  EXPECT_FALSE(contains(rows.output, "shared-window"));
  EXPECT_TRUE(contains(rows.output, "18 mpi"));  // 18 lengths
}

// More ranks than cores are never quiet: with --only-if-quiet the status says so, and no file is written.
TEST(BenchProgram, WritesNothingThatWasDisturbed) {
  const int ranks = usable_cores() + 1;
  if (ranks > 17) GTEST_SKIP() << "skipped: more ranks than cores would be " << ranks << " processes";
  if (on_several_hosts(ranks)) GTEST_SKIP() << "skipped: ranks on several hosts have cores enough";
  const std::string csv = build_folder() + "/bench_disturbed.csv", fit = build_folder() + "/bench_disturbed.fit";
  const ProgramRun run = launch(ranks, "bench --rounds 1 --only-if-quiet --csv " + csv + " --fit " + fit);
  EXPECT_EQ(run.status, 77) << run.output;
  EXPECT_TRUE(contains(run.output, "MORE RANKS THAN CORES"));
  EXPECT_EQ(run_program("test -e " + csv + " || test -e " + fit).status, 1);
}

}  // namespace
