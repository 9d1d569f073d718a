// What chapter 12's benchmark prints, with a clock that is known beforehand: it is a second later whenever it is read. And what status its
// training has where it disagrees with the serial run.
// ranks: 1 2 4
#include <gtest/gtest.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <numeric>
#include <sstream>

#include "chapters/01_serial/cpu_device.h"
#include "chapters/05_collectives/core_share.h"
#include "chapters/07_sharded_optimizer/sharded_run.h"
#include "chapters/10_hybrid/hybrid_report.h"
#include "chapters/12_restart/agree.h"
#include "chapters/12_restart/checkpoint_writer.h"
#include "chapters/12_restart/disk.h"
#include "chapters/12_restart/stop_signal.h"
#include "chapters/12_restart/training_run.h"
#include "chapters/12_restart/write_all.h"
#include "common/error.h"
#include "common/machine.h"
#include "common/mpi_guard/leftovers.h"
#include "common/mpi/session.h"
#include "common/options.h"
#include "common/statistics.h"
#include "common/timer.h"
#include "tests/data_sets.h"
#include "tests/known_clock.h"
#include "tests/mpi_expect.h"
#include "tests/options_told.h"
#include "tests/steps_of_benchmark.h"
#include "tests/training_runs.h"

// How often this rank has flushed a file, and how often MPI has for it; where the guard is linked (it calls MPI by these names).
namespace guard {  // weak: null without the guard (GUARD=0)
__attribute__((weak)) const Traffic& traffic();
}
static std::atomic<int> flushes = 0, flushes_by_mpi = 0;  // by any thread
static bool open_by_mpi = false;
extern "C" int fsync(int file) { return flushes += !open_by_mpi, int(syscall(SYS_fsync, file)); }
template <class Function>
static Function* of_mpi(Function*, const char* name) { return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name)); }
extern "C" int PMPI_File_open(MPI_Comm comm, const char* name, int mode, MPI_Info info, MPI_File* file) {
  return open_by_mpi = true, of_mpi(PMPI_File_open, "PMPI_File_open")(comm, name, mode, info, file);
}
extern "C" int PMPI_File_sync(MPI_File file) { return ++flushes_by_mpi, of_mpi(PMPI_File_sync, "PMPI_File_sync")(file); }
extern "C" int PMPI_File_close(MPI_File* file) {
  const int status = of_mpi(PMPI_File_close, "PMPI_File_close")(file);
  return open_by_mpi = false, status;
}

namespace bench_program {
#define CpuDevice DeviceThatCountsRows
#define MPI_Barrier barrier_of_a_while
#include "chapters/12_restart/bench.cpp"
#undef CpuDevice
#undef MPI_Barrier
}

namespace train_program {
int spoiled = 0;  // then it takes the images in another order than the serial run
#define permutation(seed, epoch, count) permutation((seed) + spoiled, epoch, count)
#include "chapters/12_restart/train.cpp"
#undef permutation
}

namespace {

int ranks() { return ranks_of(MPI_COMM_WORLD); }
int rank() { return rank_of(MPI_COMM_WORLD); }

double readings = 0;

struct Program {
  int status = -1;
  std::string printed, error;
};
Program bench(const std::vector<std::string>& options) {
  Program p;
  Arguments arguments(options);
  const ClockOfTest clock([] { return ++readings; });
  double (*const usual)() = processor_seconds;
  processor_seconds = [] { return readings / 2; };
  p.printed = printed_by([&] {
    p.error = error_of([&] { p.status = bench_program::bench_saving(*session_of_test, arguments.count(), arguments.values()); });
  });
  processor_seconds = usual;
  return p;
}

// How often `work` reads the clock on this rank.
double readings_of(const std::function<void()>& work) {
  const ClockOfTest clock([] { return ++readings; });
  readings = 0;
  work();
  return readings;
}

double most(double mine) {
  MPI_CHECK(MPI_Allreduce(MPI_IN_PLACE, &mine, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD));
  return mine;
}

template <class... Values>
std::string line(const char* format, Values... values) {
  char text[300];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}

TEST(Bench, PrintsWhatTheClockSays) {
  const int tensor = ranks() == 1 ? 1 : 2, replicas = ranks() / tensor;
  const std::string folder = testing::TempDir() + "bench_12_" + std::to_string(ranks());
  if (rank() == 0) std::filesystem::create_directories(folder);
  MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
  flushes = flushes_by_mpi = barriers = 0;
  const Program p = bench({"--hidden", "22,14", "--batch", "12", "--optimizer", "adam", "--rounds", "3", "--save-every", "4", "--replicas", std::to_string(replicas),
                           "--tensor", std::to_string(tensor), "--folder", folder, "--only-if-quiet"});
  EXPECT_ON_ALL_RANKS(p.status == 77) << p.status << p.error;
  const int64_t seen = rows_seen_by_all();
  EXPECT_ON_ALL_RANKS(seen == 12 * 4 * (1 + 3) * 2 * tensor) << seen;  // whole batches, by each tensor rank
  EXPECT_ON_ALL_RANKS(barriers == 4 * (3 * (1 + 2) + 2 * 1 + 2)) << barriers;  // before a way and steps; before and after a file is removed
  // Four rounds, one of which does not count: the segments; the block alone, and with steps behind it. The header and its folder by rank 0.
  const int flushed = 4 * (1 + 2 * (rank() == 0 ? 3 : 1));
  EXPECT_ON_ALL_RANKS(!&guard::traffic || (flushes == flushed && flushes_by_mpi == 4)) << flushes << ", expected " << flushed << "; " << flushes_by_mpi;

  HybridSettings s;
  s.sizes = {784, 22, 14, 10};
  s.batch = 12;
  s.optimizer.name = "adam";
  s.micro_batches = replicas;
  CpuDevice device;
  const Grid grid({replicas, 1, tensor}, MPI_COMM_WORLD);
  HybridModel model(device, grid, s);
  model.initialize(1);
  const Dataset d = random_dataset(784, 12);
  const double step = readings_of([&] { model.step(d, permutation(1, 0, d.count), {0, d.count}); });
  // A section begins with a reading and ends with one, which makes a second; the copy of a checkpoint is a section inside. One is read in
  // each barrier.
  const double without = most(1 + 4 * step), with = most(1 + 4 * step + 2), inside = 2 * (3 + 4 * step) + 2 + 2;
  const double lost = most(1 - (inside + 2) / 2 / (inside + 1));  // the core's seconds are read outside of the timer's first reading
  if (rank() != 0) {
    EXPECT_EQ(p.printed, "");
    return;
  }
  // Of two vectors of state and the parameters. A slice of columns has as many segments as rows, and one of biases.
  const int numbers = 784 * 22 + 22 + 22 * 14 + 14 + 14 * 10 + 10;
  std::istringstream lines(p.printed);
  std::string got;
  const auto next = [&] { return std::getline(lines, got), got; };
  EXPECT_EQ(next(), machine_name() + line(": grid %d x 1 x %d, adam; a checkpoint has %.2f MB", replicas, tensor, 1e-6 * (4096 + 3 * 4 * numbers)));
  EXPECT_EQ(next(), line("a rank was without its core for %.1f %% of the time: %s", 100 * lost, name_of(verdict(lost, session_of_test->node_size()))));
  EXPECT_EQ(next(), "written by            writes of a rank  ms, and flushed (quartiles)");
  const auto seconds = [](double s) { return line("%8.2f  (%.2f to %.2f)", 1e3 * s, 1e3 * s, 1e3 * s); };
  char way[40];
  int writes = 0;
  ASSERT_EQ(std::sscanf(next().c_str(), "each segment %d %39[^\n]", &writes, way), 2) << got;
  EXPECT_TRUE(got.ends_with(seconds(1)));
  if (ranks() == 1) {
    EXPECT_EQ(writes, 3 * 3);  // of each layer and vector
  }
  if (ranks() == 2) {  // columns of 784 rows, or rows of 22 in one piece, and so on: the first layer has most
    EXPECT_GT(writes, 3 * 784);
    EXPECT_LT(writes, 3 * (784 + 22 + 14 + 6));
  }
  EXPECT_EQ(next(), "MPI_File_write_all           MPI's own " + seconds(1));
  EXPECT_EQ(next(), "a block each                         2 " + seconds(1 + 2));
  EXPECT_EQ(next(), "copied, and the training goes on       " + seconds(1));
  EXPECT_EQ(next(), "4 steps without a checkpoint           " + seconds(without));
  EXPECT_EQ(next(), "4 steps with one on its way            " + seconds(with));
  const double more = 100 * (with / without - 1);
  EXPECT_EQ(next(), line("saving costs %.2f %% of the time (median of 3 rounds, quartiles %.2f to %.2f)", more, more, more));
  EXPECT_FALSE(std::getline(lines, got));
  EXPECT_TRUE(std::filesystem::is_empty(folder));
  std::filesystem::remove(folder);
}

// Of the rank with most writes, whichever it is.
TEST(Bench, CountsTheWritesOfTheBusiestRank) {
  const int of_last = bench_program::most(rank()), of_first = bench_program::most(7 - rank());
  EXPECT_ON_ALL_RANKS(of_last == ranks() - 1 && of_first == 7) << of_last << " " << of_first;
}

TEST(Bench, WritesWhereItIsTold) {
  const std::string nowhere = testing::TempDir() + "bench_12_nowhere";
  const Program p = bench({"--hidden", "none", "--batch", "12", "--rounds", "1", "--save-every", "1", "--folder", nowhere});
  EXPECT_ON_ALL_RANKS(p.error == nowhere + "/bench_12_checkpoint: cannot be written") << p.error;
  disk = {};
}

TEST(Bench, RefusesAGridOfOtherRanks) {
  const Program p = bench({"--replicas", "3", "--tensor", "3"});
  EXPECT_ON_ALL_RANKS(p.error == "--replicas 3 times --tensor 3 are not " + std::to_string(ranks()) + " ranks") << p.error;
  const Program help = bench({"--help"});
  EXPECT_ON_ALL_RANKS(options_told(help.printed) ==
                      (rank() > 0 ? "" : "rounds N (1 to 10000) [11]\nsave-every N (1 to 100000) [100]\nbatch N (1 to 1048576) [128]\nhidden N,N,.. (1 to 65536) [512,256]\n"
                                         "optimizer sgd|momentum|adam [sgd]\nreplicas N (at least 1) [1]\ntensor N (at least 1) [" + std::to_string(ranks()) +
                                             "]\nfolder TEXT [build]\nonly-if-quiet\n"))
      << help.printed;
}

TEST(Train, HasAStatusIfItDisagreesWithTheSerialRun) {
  const data_sets::DataSet files({30, 5, 7, 10}, {10, 5, 7, 10});
  for (train_program::spoiled = 1; train_program::spoiled >= 0; --train_program::spoiled) {
    Arguments arguments({"--data", files.folder, "--hidden", "20", "--batch", "12", "--epochs", "1", "--compare-with-serial"});
    const StopSignal stop;
    int status = -1;
    const std::string printed = printed_by([&] { status = train_program::train_and_survive(*session_of_test, stop, arguments.count(), arguments.values()); });
    EXPECT_ON_ALL_RANKS(status == train_program::spoiled) << printed;
  }
  train_program::spoiled = 0;
}

}  // namespace
