// What does saving cost a run?
//
// First: how long until the state of all ranks is in one file and flushed, in three ways: each rank writes each of its segments; MPI does it
// (MPI_File_write_all); each rank gets a block by messages, and writes it at once (gather.h, the course's way). Then: how much longer do
// --save-every steps take with one checkpoint on its way? All take turns, since the speed of a machine drifts.
//
// Run: make bench-12, or make bench-12 RANKS=4 ARGS="--replicas 2 --tensor 2 --optimizer adam"
#include <fcntl.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <functional>

#include "chapters/01_serial/cpu_device.h"
#include "chapters/05_collectives/core_share.h"
#include "chapters/07_sharded_optimizer/sharded_run.h"
#include "chapters/10_hybrid/hybrid_model.h"
#include "chapters/12_restart/agree.h"
#include "chapters/12_restart/checkpoint_writer.h"
#include "chapters/12_restart/disk.h"
#include "chapters/12_restart/write_all.h"
#include "common/error.h"
#include "common/machine.h"
#include "common/mpi/session.h"
#include "common/options.h"
#include "common/statistics.h"
#include "common/timer.h"

namespace {

int writes = 0;  // of this rank
ssize_t counted_write(int file, const void* bytes, size_t count, off_t place) {
  ++writes;
  return pwrite(file, bytes, count, place);
}

// Throws Error on all ranks if a call fails on one.
void write_segments(const std::string& file, std::span<const Segment> segments, MPI_Comm comm) {
  const int opened = open(file.c_str(), O_CREAT | O_WRONLY, 0644);
  bool good = opened >= 0;
  for (const Segment& s : segments) {
    const size_t bytes = s.count * sizeof(float);
    good = good && counted_write(opened, s.memory, bytes, off_t(CheckpointHeader::bytes + s.place * sizeof(float))) == ssize_t(bytes);
  }
  good = good && fsync(opened) == 0;
  if (opened >= 0) close(opened);
  agree(good ? "" : file + ": cannot be written", comm);
}

// Of the slowest rank.
template <class Work>
double seconds_of(Work work) {
  MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
  const Timer timer;
  work();
  double mine = timer.seconds(), slowest = 0;
  MPI_CHECK(MPI_Allreduce(&mine, &slowest, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD));
  return slowest;
}

int most(int mine) {
  int all = 0;
  MPI_CHECK(MPI_Allreduce(&mine, &all, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD));
  return all;
}

struct Way {
  const char* name;
  std::function<void(const std::string& file)> save;
  std::vector<double> seconds;
  int writes = 0;  // of the rank with most of them; 0: not known
};

std::string quartiles(const std::vector<double>& seconds) {
  char text[80];
  std::snprintf(text, sizeof text, "%8.2f  (%.2f to %.2f)", 1e3 * median(seconds), 1e3 * quantile(seconds, 0.25), 1e3 * quantile(seconds, 0.75));
  return text;
}

void tell(const Way (&ways)[3], const std::vector<double>& copies, int64_t save_every, const std::vector<double>& without,
          const std::vector<double>& with) {
  const auto row = [](const std::string& what, const std::vector<double>& seconds) { std::printf("%-38s %s\n", what.c_str(), quartiles(seconds).c_str()); };
  std::printf("written by            writes of a rank  ms, and flushed (quartiles)\n");
  for (const Way& way : ways) {
    char text[80];
    std::snprintf(text, sizeof text, "%-20s %17s", way.name, way.writes > 0 ? std::to_string(way.writes).c_str() : "MPI's own");
    row(text, way.seconds);
  }
  row("copied, and the training goes on", copies);
  row(std::to_string(save_every) + " steps without a checkpoint", without);
  row(std::to_string(save_every) + " steps with one on its way", with);
  std::vector<double> relative;
  for (size_t round = 0; round < with.size(); ++round) relative.push_back(with[round] / without[round]);
  std::printf("saving costs %.2f %% of the time (median of %zu rounds, quartiles %.2f to %.2f)\n", 100 * (median(relative) - 1), relative.size(),
              100 * (quantile(relative, 0.25) - 1), 100 * (quantile(relative, 0.75) - 1));
}

}  // namespace

int bench_saving(MpiSession& mpi, int argc, char** argv) {
  int64_t rounds = 11, save_every = 100, batch = 128, replicas = 1, tensor = mpi.size();
  std::vector<int64_t> hidden = {512, 256};
  std::string optimizer = "sgd", folder = "build";
  bool only_if_quiet = false;
  Options options("What saving costs: ways to write a checkpoint, and steps with and without one on its way.");
  options.add("rounds", &rounds, "how often each way has its turn", between(1, 10000));
  options.add("save-every", &save_every, "steps, of which one is followed by a checkpoint", between(1, 100000));
  options.add("batch", &batch, "rows of a batch", between(1, 1 << 20));
  options.add("hidden", &hidden, "widths of the hidden layers, or none", between(1, 65536));
  options.add("optimizer", &optimizer, "the update rule", {"sgd", "momentum", "adam"});
  options.add("replicas", &replicas, "data ranks", at_least(1));
  options.add("tensor", &tensor, "tensor ranks", at_least(1));
  options.add("folder", &folder, "where files are written, and removed");
  options.add("only-if-quiet", &only_if_quiet, "end with status 77 if somebody else had the cores meanwhile");
  if (!options.parse(argc, argv, mpi.rank() != 0)) return 0;
  if (replicas * tensor != mpi.size())
    throw Error("--replicas " + std::to_string(replicas) + " times --tensor " + std::to_string(tensor) + " are not " + std::to_string(mpi.size()) + " ranks");

  HybridSettings settings;
  settings.batch = size_t(batch);
  settings.sizes = {784};
  settings.sizes.insert(settings.sizes.end(), hidden.begin(), hidden.end());
  settings.sizes.push_back(10);
  settings.optimizer.name = optimizer;
  settings.micro_batches = int(replicas);
  CpuDevice device;
  const Grid grid({int(replicas), 1, int(tensor)}, MPI_COMM_WORLD);
  HybridModel model(device, grid, settings);
  model.initialize(1);
  const Dataset data = random_dataset(784, size_t(batch));
  const std::vector<uint32_t> order = permutation(1, 0, data.count);
  CheckpointHeader header;
  header.sizes = settings.sizes, header.data = data_of(data), header.vectors = model.vectors();
  const std::string file = folder + "/bench_12_checkpoint";
  const std::vector<Segment> segments = model.segments_to_write();

  disk.write = counted_write;
  Way ways[] = {{"each segment", [&](const std::string& to) { write_segments(to, segments, MPI_COMM_WORLD); }, {}},
                {"MPI_File_write_all", [&](const std::string& to) { write_all_by_mpi(to, segments, MPI_COMM_WORLD); }, {}},
                {"a block each", [&](const std::string& to) { write_checkpoint(to, header, device, segments, MPI_COMM_WORLD); }, {}}};
  CheckpointWriter writer(MPI_COMM_WORLD);
  std::vector<double> copies, with, without;
  CoreShare share;
  const auto remove = [&](const std::string& name) {
    MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
    if (mpi.rank() == 0) std::filesystem::remove(name);
    MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
  };
  const auto steps = [&](bool saving) {
    double copy = 0;
    const double seconds = seconds_of([&] {
      for (int64_t s = 0; s < save_every; ++s) {
        model.step(data, order, {0, data.count});
        if (saving && s == 0) copy = writer.begin(file, header, device, segments);
        else writer.poll();
      }
    });
    while (!writer.idle()) writer.poll();
    if (!writer.problem().empty()) throw Error(writer.problem());
    if (saving) remove(file), copies.push_back(copy);
    return seconds;
  };
  for (int round = -1; round < rounds; ++round) {  // the first is for caches, connections, first touch of memory
    for (Way& way : ways) {
      writes = 0;
      way.seconds.push_back(seconds_of([&] { way.save(file); }));
      way.writes = most(writes);
      remove(file);
    }
    share.begin();
    without.push_back(steps(false));
    with.push_back(steps(true));
    share.end();
    if (round >= 0) continue;
    for (Way& way : ways) way.seconds.clear();
    copies.clear(), with.clear(), without.clear(), share = {};
  }
  disk.write = pwrite;
  const double lost = share.lost(MPI_COMM_WORLD);
  const Verdict v = verdict(lost, mpi.node_size());
  const int status = only_if_quiet && v != Verdict::quiet ? not_quiet_status : 0;
  if (mpi.rank() != 0) return status;
  const size_t bytes = CheckpointHeader::bytes + sizeof(float) * header.numbers();
  std::printf("%s: grid %s, %s; a checkpoint has %.2f MB\n", machine_name().c_str(), to_string(grid.shape).c_str(), optimizer.c_str(), 1e-6 * double(bytes));
  std::printf("a rank was without its core for %.1f %% of the time: %s\n", 100 * lost, name_of(v));
  tell(ways, copies, save_every, without, with);
  return status;
}

int main(int argc, char** argv) {
  MpiSession mpi(argc, argv, MPI_THREAD_FUNNELED);  // as train.cpp
  return bench_saving(mpi, argc, argv);
}
