// What chapter 12 claims of checkpoints: one file whatever the grid, whole or not there, damage is noticed, the older ones
// survive a full disk.
// ranks: 1 2 3 4 5 7 8
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "chapters/01_serial/cpu_device.h"
#include "chapters/05_collectives/messages.h"
#include "chapters/07_sharded_optimizer/shards.h"
#include "chapters/10_hybrid/grid.h"
#include "chapters/12_restart/checkpoint_folder.h"
#include "chapters/12_restart/checksum.h"
#include "chapters/12_restart/stop_signal.h"
#include "common/error.h"
#include "common/mpi/session.h"
#include "tests/mpi_expect.h"

namespace {

namespace fs = std::filesystem;

int ranks() { return ranks_of(MPI_COMM_WORLD); }
int rank() { return rank_of(MPI_COMM_WORLD); }
void barrier() { MPI_CHECK(MPI_Barrier(MPI_COMM_WORLD)); }

// Layers with fewer columns than tensor ranks, and fewer elements than data ranks.
const std::vector<int> sizes = {13, 11, 3, 2, 7, 5};
constexpr int vectors = 3;

// A folder of its own for each test; the same name on all ranks.
class Scratch {
 public:
  Scratch() {
    int id = getpid();
    MPI_CHECK(MPI_Bcast(&id, 1, MPI_INT, 0, MPI_COMM_WORLD));
    path = fs::temp_directory_path() / ("checkpoint_test_" + std::to_string(id));
    if (rank() == 0) fs::create_directories(path);
    barrier();
  }
  ~Scratch() {
    barrier();
    if (rank() == 0) fs::remove_all(path);
    barrier();
  }
  std::string file(const std::string& name) const { return path / name; }
  // Whether these are the names in the folder, in order.  Nobody changes the folder meanwhile.
  bool holds(const std::vector<std::string>& expected) const {
    barrier();
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(path)) names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    barrier();
    return names == expected;
  }
  fs::path path;
};

CheckpointHeader header_of_step(uint64_t step) {
  CheckpointHeader header;
  header.sizes = sizes;
  header.vectors = vectors;
  header.step = step;
  header.options = {{"batch", "128"}, {"learning-rate", "0.1"}};
  return header;
}

// Number i of the file, different in each of them, some of them special.
float value(size_t i) { return i % 10 == 0 ? -0.0f : i % 10 == 1 ? NAN : float(i) + 0.25f; }

std::vector<GridShape> shapes_of(int n) {
  std::vector<GridShape> shapes;
  for (int d = 1; d <= n; ++d)
    for (int p = 1; p <= n; ++p)
      if (n % (d * p) == 0 && size_t(p) < sizes.size()) shapes.push_back({d, p, n / d / p});
  return shapes;
}

// What the rank at a place holds: some layers, a slice of each, whole parameters, a shard of each state vector.
struct Holding {
  Layout layout;
  Slice slice;
  Shards shards;
  int data;
  std::vector<std::vector<float>> memory;  // by vector; of the state only the shard counts

  Holding(const GridShape& shape, int rank) {
    const GridPlace place = place_of(rank, shape);
    data = place.data;
    slice = {place.tensor, shape.tensor};
    layout = make_layout(sizes, share(sizes.size() - 1, size_t(shape.pipeline), size_t(place.pipeline)), slice);
    shards = {make_units(layout, 0), shape.data};
    memory.assign(vectors, std::vector<float>(layout.count, -1.0f));
  }

  // Of the shard: what is written. Of the parameters, everything is read.
  std::vector<Segment> segments(bool reading) {
    const Layout whole = make_layout(sizes);
    std::vector<Segment> all;
    for (int v = 0; v < vectors; ++v)
      for (size_t u = 0; u < shards.units.size(); ++u) {
        const Range range = reading && v == 0 ? shards.units[u].range : shards.part(u, data);
        const auto some = segments_of(layout, whole, slice, range, memory[size_t(v)].data() + range.first,
                                      size_t(v) * whole.count, reading ? Copies::all : Copies::first_only);
        all.insert(all.end(), some.begin(), some.end());
      }
    return all;
  }
  void fill() {
    for (const Segment& s : segments(false))
      for (size_t i = 0; i < s.count; ++i) s.memory[i] = value(s.place + i);
  }
  bool as_filled() {
    for (const Segment& s : segments(true))
      for (size_t i = 0; i < s.count; ++i) {
        const float expected = value(s.place + i);
        if (std::memcmp(&s.memory[i], &expected, sizeof expected) != 0) return false;
      }
    return true;
  }
};

void write(const std::string& file, const GridShape& shape, uint64_t step = 7) {
  CpuDevice device;
  Holding holding(shape, rank());
  holding.fill();
  write_checkpoint(file, header_of_step(step), device, holding.segments(false), MPI_COMM_WORLD);
}

std::string bytes_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void write_bytes(const std::string& file, const std::string& bytes) {
  if (rank() == 0) std::ofstream(file, std::ios::binary) << bytes;
  barrier();
}

// A file of one rank, in order, to compare with.
std::string file_of_one_rank() {
  std::vector<float> numbers(header_of_step(7).numbers());
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = value(i);
  CheckpointHeader header = header_of_step(7);
  header.checksum = checksum(numbers, 0);
  return to_bytes(header) + std::string(reinterpret_cast<const char*>(numbers.data()), 4 * numbers.size());
}

}  // namespace

// ---- where the numbers lie ----

TEST(Segments, EveryNumberOfTheFileIsWrittenOnceOnEveryGrid) {
  for (int n = 1; n <= 12; ++n)
    for (const GridShape& shape : shapes_of(n)) {
      std::vector<int> written(header_of_step(0).numbers());
      for (int r = 0; r < n; ++r)
        for (const Segment& s : Holding(shape, r).segments(false))
          for (size_t i = 0; i < s.count; ++i) ++written.at(s.place + i);
      for (size_t i = 0; i < written.size(); ++i) ASSERT_EQ(written[i], 1) << to_string(shape) << ", number " << i;
    }
}

// The text's example: column 0 of a layer of 2 x 2, of which the second of two data ranks owns w10 and b0; in the second vector.
TEST(Segments, OfOneColumnLieApart) {
  const std::vector<int> small = {2, 2};
  const Slice first{0, 2};
  const Layout whole = make_layout(small), here = make_layout(small, {0, 1}, first);
  std::vector<float> memory(here.count);
  const Range part = share(here.count, 2, 1);
  EXPECT_EQ(segments_of(here, whole, first, part, memory.data() + part.first, whole.count, Copies::first_only),
            (std::vector<Segment>{{memory.data() + 1, 8, 1}, {memory.data() + 2, 10, 1}}));
}

// Whole rows that follow each other are one segment: a rank without tensor split writes a layer as one piece.
TEST(Segments, NeighboursBecomeOne) {
  const Layout whole = make_layout(sizes);
  std::vector<float> memory(whole.count);
  const auto all = segments_of(whole, whole, {}, {0, whole.count}, memory.data(), 100, Copies::all);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0], (Segment{memory.data(), 100, whole.count}));
}

TEST(Checksum, DoesNotDependOnTheCutAndSeesExchangedNumbers) {
  std::vector<float> numbers(1000);
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = float(i * i);
  const std::span<const float> all = numbers;
  const uint64_t sum = checksum(all, 5);
  EXPECT_EQ(checksum(all.first(300), 5) + checksum(all.subspan(300), 305), sum);
  EXPECT_NE(checksum(all, 6), sum);
  std::swap(numbers[17], numbers[800]);
  EXPECT_NE(checksum(all, 5), sum);
  std::swap(numbers[17], numbers[800]);
  EXPECT_EQ(checksum(all, 5), sum);
  numbers[0] = -0.0f;
  EXPECT_NE(checksum(all, 5), sum);
}

// ---- writing and reading ----

TEST(Checkpoint, HasTheSameBytesWhateverTheGrid) {
  const Scratch scratch;
  const std::string expected = file_of_one_rank();
  for (const GridShape& shape : shapes_of(ranks())) {
    const std::string file = scratch.file("a");
    write(file, shape);
    EXPECT_ON_ALL_RANKS(bytes_of(file) == expected) << to_string(shape);
    EXPECT_ON_ALL_RANKS(!fs::exists(file + ".partial")) << to_string(shape);
    barrier();
  }
}

TEST(Checkpoint, IsReadByAnyGrid) {
  const Scratch scratch;
  const std::string file = scratch.file("a");
  write(file, shapes_of(ranks()).front());
  const CheckpointHeader header = check_checkpoint(file, MPI_COMM_WORLD);
  EXPECT_ON_ALL_RANKS(header.sizes == sizes && header.step == 7 && header.vectors == vectors);
  EXPECT_ON_ALL_RANKS(header.options == header_of_step(7).options);
  for (const GridShape& shape : shapes_of(ranks())) {
    CpuDevice device;
    Holding holding(shape, rank());
    read_checkpoint(file, device, holding.segments(true), MPI_COMM_WORLD);
    EXPECT_ON_ALL_RANKS(holding.as_filled()) << to_string(shape);
  }
}

TEST(Checkpoint, RefusesToWriteWhenANumberIsMissingOrTwice) {
  const Scratch scratch;
  CpuDevice device;
  Holding holding({1, 1, 1}, 0);
  holding.fill();
  std::vector<Segment> segments = rank() == 0 ? holding.segments(false) : std::vector<Segment>{};
  if (rank() == 0) --segments.front().count;
  const std::string error =
      error_of([&] { write_checkpoint(scratch.file("a"), header_of_step(1), device, segments, MPI_COMM_WORLD); });
  EXPECT_ON_ALL_RANKS(error.find("expected ") != std::string::npos) << error;
  EXPECT_TRUE(scratch.holds({}));
}

// ---- damage ----

namespace {

void expect_refused(const std::string& file, const std::string& bytes, const std::string& reason) {
  write_bytes(file, bytes);
  const std::string error = error_of([&] { check_checkpoint(file, MPI_COMM_WORLD); });
  EXPECT_ON_ALL_RANKS(error.find(file) == 0 && error.find(reason) != std::string::npos)
      << "expected '" << reason << "', got '" << error << "'";
  EXPECT_ON_ALL_RANKS(error.find('\n') == std::string::npos) << error;
  barrier();
}

}  // namespace

TEST(Damage, IsNamedInOneLine) {
  const Scratch scratch;
  const std::string file = scratch.file("a"), good = file_of_one_rank();
  const std::string error = error_of([&] { check_checkpoint(file, MPI_COMM_WORLD); });
  EXPECT_ON_ALL_RANKS(error.find(file) == 0) << error;
  expect_refused(file, "", "is empty");
  expect_refused(file, "P5 28 28 255 and so on", "is not a checkpoint");
  expect_refused(file, std::string(10000, '\0'), "is not a checkpoint");
  std::string newer = good;
  newer.replace(newer.find("checkpoint 2"), 12, "checkpoint 3");
  expect_refused(file, newer, "format 3, this program reads format 2");
  for (size_t length : {20ul, 4095ul, 4096ul, 4097ul, good.size() - 1}) expect_refused(file, good.substr(0, length), "cut short");
  expect_refused(file, good + "x", "too long");
}

TEST(Damage, OfAnyByteIsNoticed) {
  const Scratch scratch;
  const std::string file = scratch.file("a"), good = file_of_one_rank();
  std::vector<size_t> places = {16, 40, 60, 70, 100, 4096, 4099, good.size() - 1};
  for (size_t i = 4100; i < good.size(); i += 997) places.push_back(i);
  for (size_t place : places) {
    std::string bad = good;
    bad[place] = char(bad[place] ^ 4);
    write_bytes(file, bad);
    const std::string error = error_of([&] { check_checkpoint(file, MPI_COMM_WORLD); });
    EXPECT_ON_ALL_RANKS(!error.empty()) << "byte " << place;
    barrier();
  }
}

TEST(Header, OtherOptionsAreNamed) {
  CheckpointHeader wanted = header_of_step(7);
  require_same_run(header_of_step(7), wanted, "file");
  wanted.options[0].second = "64";
  const std::string error = error_of([&] { require_same_run(header_of_step(7), wanted, "file"); });
  EXPECT_EQ(error, "--batch 64: file was written with --batch 128");
}

// Another label, another pixel in a hundred, other classes, another form of the images: all of them are other data.
TEST(Header, OtherDataIsRefused) {
  const Dataset data{4, 20, 30, std::vector<uint8_t>(2400, 7), {0, 1, 2, 1}, 3};
  std::vector<Dataset> others(5, data);
  others[0].labels[3] = 2;
  for (size_t i = 1000; i < 1097; ++i) others[1].pixels[i] = 8;
  others[2].classes = 4;
  std::swap(others[3].height, others[3].width);
  others[4].count = 3;
  CheckpointHeader found = header_of_step(7), wanted = found;
  found.data = wanted.data = data_of(data);
  EXPECT_EQ(found.data.find("4 x 20 x 30 pixels, 3 classes, checksum "), 0u) << found.data;
  EXPECT_EQ(require_same_run(parse_checkpoint_header(to_bytes(found), "file"), wanted, "file"), "");
  for (const Dataset& other : others) {
    wanted.data = data_of(other);
    const std::string error = error_of([&] { require_same_run(found, wanted, "file"); });
    EXPECT_EQ(error, "file was trained on other data: " + found.data + "; here are " + wanted.data);
  }
}

// Two options change the last bits only.
TEST(Header, WhatChangesOnlyBitsIsSaid) {
  CheckpointHeader found = header_of_step(7), wanted = found;
  found.options.insert(found.options.end(), {{"reproducible", "yes"}, {"device", "cpu"}});
  wanted.options.insert(wanted.options.end(), {{"reproducible", "no"}, {"device", "cuda"}});
  const std::string said = require_same_run(found, wanted, "file");
  EXPECT_NE(said.find("--reproducible no: file was written with --reproducible yes, so"), std::string::npos) << said;
  EXPECT_NE(said.find("\n--device cuda: file was written with --device cpu, so"), std::string::npos) << said;
}

// ---- a folder of them ----

namespace {

void save(CheckpointFolder& folder, uint64_t step) {
  CpuDevice device;
  Holding holding(shapes_of(ranks()).back(), rank());
  holding.fill();
  folder.save(header_of_step(step), device, holding.segments(false));
}

}  // namespace

TEST(Folder, KeepsTheLastOnes) {
  const Scratch scratch;
  CheckpointFolder folder(scratch.path, 2, MPI_COMM_WORLD);
  EXPECT_ON_ALL_RANKS(folder.newest_good().file.empty());
  for (uint64_t step : {8, 9, 10, 123456789}) save(folder, step);
  EXPECT_TRUE(scratch.holds({"step_00000010", "step_123456789"}));
  EXPECT_ON_ALL_RANKS(folder.newest_good().header.step == 123456789);
}

TEST(Folder, PassesOverWhatIsDamaged) {
  const Scratch scratch;
  CheckpointFolder folder(scratch.path, 3, MPI_COMM_WORLD);
  for (uint64_t step : {8, 9, 10}) save(folder, step);
  write_bytes(scratch.file("step_00000010"), "nonsense");
  std::string bad = bytes_of(scratch.file("step_00000009"));
  bad.back() = char(bad.back() ^ 1);
  barrier();
  write_bytes(scratch.file("step_00000009"), bad);
  write_bytes(scratch.file("step_00000011.partial"), "half");
  testing::internal::CaptureStdout();
  const uint64_t step = folder.newest_good().header.step;
  const std::string said = testing::internal::GetCapturedStdout();
  EXPECT_ON_ALL_RANKS(step == 8);
  EXPECT_ON_ALL_RANKS(rank() != 0 || said.find("step_00000009: damaged") != std::string::npos) << said;
  write_bytes(scratch.file("step_00000008"), "nonsense");
  const std::string error = error_of([&] { folder.newest_good(); });
  EXPECT_ON_ALL_RANKS(error.find("no good checkpoint") == 0) << error;
}

// A run that starts over keeps the old runs' checkpoints, each in its folder; as long as it has none of its own, the newest of
// them is found.
TEST(Folder, AStartOverKeepsTheOldOnes) {
  const Scratch scratch;
  CheckpointFolder folder(scratch.path, 3, MPI_COMM_WORLD);
  const std::string nothing = folder.start_over();
  EXPECT_ON_ALL_RANKS(nothing.empty());
  for (uint64_t step : {4221, 4690}) save(folder, step);
  EXPECT_ON_ALL_RANKS(folder.has_some());
  const std::string first = folder.start_over();
  EXPECT_ON_ALL_RANKS(first == scratch.file("before_1") && !folder.has_some());
  EXPECT_TRUE(scratch.holds({"before_1"}));
  CheckpointFolder::Found found = folder.newest_good();
  EXPECT_ON_ALL_RANKS(found.file == scratch.file("before_1/step_00004690") && found.header.step == 4690);
  save(folder, 5);
  found = folder.newest_good();
  EXPECT_ON_ALL_RANKS(found.file == scratch.file("step_00000005"));
  const std::string second = folder.start_over();
  EXPECT_ON_ALL_RANKS(second == scratch.file("before_2"));
  found = folder.newest_good();
  EXPECT_ON_ALL_RANKS(found.header.step == 5);
  save(folder, 6);
  EXPECT_TRUE(scratch.holds({"before_1", "before_2", "step_00000006"}));
  EXPECT_ON_ALL_RANKS(fs::exists(first + "/step_00004221") && fs::exists(first + "/step_00004690") &&
                      fs::exists(second + "/step_00000005"));
}

// What has a similar name is somebody else's. A damaged file of a later step must not push the only good one out.
TEST(Folder, OnlyOlderCheckpointsAreRemoved) {
  const Scratch scratch;
  CheckpointFolder folder(scratch.path, 1, MPI_COMM_WORLD);
  save(folder, 8);
  const std::vector<std::string> others = {"earlier_step_00000003", "notes", "step_00000011", "step_00000012.partial",
                                           "step_7.mine", "step_99999999999999999999"};
  for (const std::string& name : others) write_bytes(scratch.file(name), "something");
  write_bytes(scratch.file("step_00000007.partial"), "half");
  for (uint64_t step : {9, 10}) save(folder, step);
  std::vector<std::string> expected = others;
  expected.push_back("step_00000010");
  std::ranges::sort(expected);
  EXPECT_TRUE(scratch.holds(expected));
}

// Files may not grow beyond a limit, as on a full disk: on one rank, then on all.
TEST(Folder, AFullDiskLeavesTheOlderOneGood) {
  const Scratch scratch;
  CheckpointFolder folder(scratch.path, 3, MPI_COMM_WORLD);
  save(folder, 8);
  const StopSignal stop;  // so that a file that is too large is an error, not the end
  for (int first_limited : {ranks() - 1, 0}) {
    struct rlimit before, low;
    getrlimit(RLIMIT_FSIZE, &before);
    low = before;
    low.rlim_cur = 4096 + 100;
    if (rank() >= first_limited) setrlimit(RLIMIT_FSIZE, &low);
    const std::string error = error_of([&] { save(folder, 9); });
    setrlimit(RLIMIT_FSIZE, &before);
    // MPI-IO may let another rank write for the limited one; then all went well.
    const bool refused = error.find("step_00000009.partial: cannot be written") != std::string::npos;
    EXPECT_ON_ALL_RANKS(refused || (first_limited > 0 && error.empty())) << error;
    EXPECT_ON_ALL_RANKS(error.find('\n') == std::string::npos) << error;
    EXPECT_ON_ALL_RANKS(folder.newest_good().header.step == (error.empty() ? 9 : 8));
    const bool holds_old_one = scratch.holds({"step_00000008"});
    EXPECT_ON_ALL_RANKS(holds_old_one || error.empty());
  }
  save(folder, 10);
  EXPECT_ON_ALL_RANKS(folder.newest_good().header.step == 10);
}

// ---- the rest ----

TEST(StopSignal, IsNotedAndForgotten) {
  {
    const StopSignal stop;
    EXPECT_EQ(stop.received(), 0);
    raise(SIGUSR1);
    EXPECT_EQ(stop.received(), SIGUSR1);
    raise(SIGTERM);
    EXPECT_EQ(stop.received(), SIGTERM);
  }
  const StopSignal stop;
  EXPECT_EQ(stop.received(), 0);
}
