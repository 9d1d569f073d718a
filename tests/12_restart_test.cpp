// What chapter 12 claims of a run that is continued: on the same grid with the same bits, on any other grid as the same run.
// ranks: 1 2 3 6 8
// more ranks: 4 5 7
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <thread>

#include "chapters/12_restart/checkpoint_file.h"
#include "chapters/12_restart/checkpoint_writer.h"
#include "chapters/12_restart/training_run.h"
#include "common/timer.h"
#include "tests/grid_runs.h"
#include "tests/late_device.h"

namespace {

using namespace grid_runs;

class CheckpointFile {
 public:
  CheckpointFile() {
    int id = getpid();
    MPI_CHECK(MPI_Bcast(&id, 1, MPI_INT, 0, MPI_COMM_WORLD));
    name = std::filesystem::temp_directory_path() / ("hybrid_test_" + std::to_string(id));
  }
  ~CheckpointFile() {
    MPI_Barrier(MPI_COMM_WORLD);
    if (rank() == 0) std::filesystem::remove(name);
  }
  std::string name;
};

void write(const CheckpointFile& file, HybridModel& model, uint64_t step) {
  CheckpointHeader header;
  header.sizes = model.settings().sizes;
  header.vectors = model.vectors();
  header.step = step;
  write_checkpoint(file.name, header, model.device(), model.segments_to_write(), MPI_COMM_WORLD);
}

void read(const CheckpointFile& file, HybridModel& model) {
  const CheckpointHeader header = check_checkpoint(file.name, MPI_COMM_WORLD);
  read_checkpoint(file.name, model.device(), model.segments_to_read(), MPI_COMM_WORLD);
  model.set_steps(header.step);
}

}  // namespace

TEST(Restart, OnTheSameGridGivesTheBitsOfTheUndisturbedRun) {
  const Dataset d = data();
  const CheckpointFile file;
  for (const GridShape& shape : shapes_of(ranks())) {
    const HybridSettings s = settings("adam", 2 * shape.data, false);
    GridRun undisturbed(shape, s), first(shape, s), second(shape, s);
    train(undisturbed.model, d, 0, 9);
    train(first.model, d, 0, 4);
    write(file, first.model, 4);
    read(file, second.model);
    train(second.model, d, 4, 9);
    const std::vector<float> weights = second.model.weights(), expected = undisturbed.model.weights();
    EXPECT_ON_ALL_RANKS(compare(weights, expected).same_bits()) << told(shape, s) << ": " << compare(weights, expected);
  }
}

// What is saved is what the device has computed, not what its views hold, and it goes on with what was loaded, however late it is.
TEST(Restart, OnALateDeviceGivesTheBitsOfTheUndisturbedRun) {
  const Dataset d = data();
  const CheckpointFile file;
  for (const GridShape& shape : shapes_of(ranks())) {
    const HybridSettings s = settings("adam", 2 * shape.data, false);
    GridRun undisturbed(shape, s);
    train(undisturbed.model, d, 0, 4);
    LateDevice first_device, second_device;
    HybridModel first(first_device, grid_of(shape), s), second(second_device, grid_of(shape), s);
    first.initialize(1);
    train(first, d, 0, 2);
    write(file, first, 2);
    read(file, second);
    train(second, d, 2, 4);
    const std::vector<float> weights = second.weights(), expected = undisturbed.model.weights();
    EXPECT_ON_ALL_RANKS(compare(weights, expected).same_bits()) << told(shape, s) << ": " << compare(weights, expected);
  }
}

TEST(Restart, OnAnyOtherGridContinuesTheSameRun) {
  const Dataset d = data();
  const CheckpointFile file;
  const HybridSettings s = settings("adam", 5, true);
  const Yardstick y = yardstick("adam", d, 9);
  const std::vector<GridShape> shapes = shapes_of(ranks());
  for (size_t i = 0; i < shapes.size(); ++i) {
    const GridShape from = shapes[i], to = shapes[(i + 1) % shapes.size()];
    GridRun undisturbed(from, s), first(from, s), second(to, s);
    train(first.model, d, 0, 4);
    write(file, first.model, 4);
    read(file, second.model);
    train(second.model, d, 4, 9);
    const std::vector<float> weights = second.model.weights();
    expect_within(y, weights, to_string(from) + " to " + told(to, s));
    if (from.tensor != to.tensor) continue;
    train(undisturbed.model, d, 0, 9);
    EXPECT_ON_ALL_RANKS(compare(weights, undisturbed.model.weights()).same_bits()) << to_string(from) << " to " << told(to, s);
  }
}

// ---- What a run saves ----

namespace {

// What `work` says of a run at its beginning, whose folder is gone afterwards.
std::string said_of_a_run(const GridShape& shape, auto work) {
  const CheckpointFile name;
  std::string error;
  testing::internal::CaptureStdout();
  {
    RestartOptions o(ranks());
    o.hidden = {13, 11};
    o.batch = int64_t(batch_rows);
    o.replicas = shape.data, o.pipeline = shape.pipeline, o.tensor = shape.tensor;
    o.checkpoint = name.name + "_folder";
    Dataset d = data();
    o.apply(d, ranks());
    CpuDevice device;
    HybridModel model(device, grid_of(shape), o.settings());
    TrainingRun run(o, model, d);
    error = error_of([&] { work(run, model, o.checkpoint); });
  }
  testing::internal::GetCapturedStdout();
  MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
  if (rank() == 0) std::filesystem::remove_all(name.name + "_folder");
  return error;
}

}  // namespace

// Which grid so many ranks would take; these two ranks more than there are. A run that still has its folder is not waited for.
TEST(Plan, IsForOtherRanks) {
  const CheckpointFile name;
  const std::string folder = name.name + "_folder", all = std::to_string(ranks() + 2);
  RestartOptions o(ranks());
  o.hidden = {13, 11};
  o.batch = int64_t(batch_rows);
  o.pipeline = o.tensor = 1;
  o.checkpoint = folder;
  o.disk_patience = 0;
  o.plan = ranks() + 2;
  std::filesystem::create_directories(folder);
  std::optional<FolderLock> other(std::in_place, folder, 0, MPI_COMM_WORLD);
  Dataset d = data();
  testing::internal::CaptureStdout();
  const std::string none = error_of([&] { o.apply(d, ranks()); });
  testing::internal::GetCapturedStdout();
  EXPECT_ON_ALL_RANKS(none.empty() && o.grid == (GridShape{ranks() + 2, 1, 1})) << none;
  o.replicas = ranks();
  const std::string error = error_of([&] { o.apply(d, ranks()); });
  EXPECT_ON_ALL_RANKS(error == "--replicas " + std::to_string(ranks()) + " --pipeline 1 --tensor 1: does not multiply to the " + all + " ranks that there are") << error;
  other.reset();
  MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD));
  if (rank() == 0) std::filesystem::remove_all(folder);

  // All of them are taken to be on one node, wherever those are that ask: tensor ranks may be there.
  RestartOptions any(ranks());
  any.hidden = {512, 256}, any.batch = 29, any.memory_mib = 1000, any.plan = 8;
  testing::internal::CaptureStdout();
  any.apply(d, 1);
  testing::internal::GetCapturedStdout();
  PlanMachine machine = typical_machine();
  machine.ranks_of_node = 8;
  HybridSettings s;
  s.sizes = {17, 512, 256, 10}, s.batch = 29;
  const GridShape expected = plan_grids(s, {}, 8, machine).front().shape;
  EXPECT_ON_ALL_RANKS(any.grid == expected && expected.tensor > 1) << to_string(any.grid) << ", not " << to_string(expected);
}

// Its bits are the same on any number of replicas, so that number is no option of the run.
TEST(Header, OfAReproducibleRunFitsAnyReplicas) {
  for (const bool reproducible : {false, true}) {
    RestartOptions o(ranks());
    o.hidden = {13, 11};
    o.batch = int64_t(batch_rows);
    o.replicas = ranks(), o.levels = 1, o.reproducible = reproducible;
    Dataset d = data();
    testing::internal::CaptureStdout();
    o.apply(d, ranks());
    testing::internal::GetCapturedStdout();
    const CheckpointHeader h = o.header(0);
    EXPECT_EQ(*h.option("replicas"), reproducible ? "any" : std::to_string(ranks()));
    EXPECT_EQ(*h.option("levels"), reproducible ? "any" : "1");
    EXPECT_EQ(*h.option("tensor"), "1");
    EXPECT_EQ(*h.option("reproducible"), reproducible ? "yes" : "no");
  }
}

// Whoever has other weights than the ranks of the same stage is named by its number in the world.
TEST(Saving, NamesRanksByTheirNumbersInTheWorld) {
  const GridShape shape = ranks() >= 4 && ranks() % 2 == 0 ? GridShape{ranks() / 2, 2, 1} : GridShape{ranks(), 1, 1};
  const std::string error = said_of_a_run(shape, [](TrainingRun& run, HybridModel& model, const std::string&) {
    if (rank() == ranks() - 1) model.segments_to_read()[0].memory[0] += 1;
    run.epoch();
  });
  const std::string last = std::to_string(ranks() - 1);
  const std::string who = shape.data == 2 ? std::to_string(ranks() - 2) + ", " + last + " differ from each other" : last + " differ from those of the others";
  EXPECT_ON_ALL_RANKS(error == (ranks() == 1 ? "" : "after step 0 the weights of rank " + who + ": not saved")) << error;
}

// A checkpoint gets its name while steps go on, not only when the next one is due.
TEST(Saving, GoesOnBetweenSteps) {
  bool there = false;
  const std::string error = said_of_a_run({ranks(), 1, 1}, [&](TrainingRun& run, HybridModel&, const std::string& folder) {
    run.epoch();  // saves, and nothing else is saved
    for (const Timer patience; !there && patience.seconds() < 60; std::this_thread::yield()) {
      run.step();
      there = std::filesystem::exists(folder + "/step_00000000");
    }
  });
  EXPECT_ON_ALL_RANKS(there && error.empty()) << error;
}
