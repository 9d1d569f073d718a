// What chapter 12 claims of a run that is continued: on the same grid with the same bits, on any other grid as the same run.
// ranks: 1 2 3 6 8
// more ranks: 4 5 7
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "chapters/12_restart/checkpoint_file.h"
#include "chapters/12_restart/checkpoint_writer.h"
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
