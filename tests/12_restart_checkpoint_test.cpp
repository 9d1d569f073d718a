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
#include "chapters/12_restart/disk.h"
#include "chapters/12_restart/stop_signal.h"
#include "common/error.h"
#include "common/hash.h"
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

// 1.1 million numbers are more than one piece: on one rank in writing and reading, on several in reading.
TEST(Checkpoint, OfALargeNetworkIsWrittenInPieces) {
  const Scratch scratch;
  const std::string file = scratch.file("a");
  CpuDevice device;
  CheckpointHeader header;
  header.sizes = {1100, 1000};
  std::vector<float> all(header.numbers());
  ASSERT_EQ(all.size(), 1'101'000u);
  for (size_t i = 0; i < all.size(); ++i) all[i] = float(i);
  const Range part = share(all.size(), size_t(ranks()), size_t(rank()));
  const std::vector<Segment> mine = {{all.data() + part.first, part.first, part.size()}};
  write_checkpoint(file, header, device, mine, MPI_COMM_WORLD);
  header.checksum = checksum(all, 0);
  EXPECT_ON_ALL_RANKS(bytes_of(file) == to_bytes(header) + std::string(reinterpret_cast<const char*>(all.data()), 4 * all.size()));
  EXPECT_ON_ALL_RANKS(check_checkpoint(file, MPI_COMM_WORLD).checksum == header.checksum);
  std::vector<float> read(all.size());
  read_checkpoint(file, device, std::vector<Segment>{{read.data(), 0, read.size()}}, MPI_COMM_WORLD);
  EXPECT_ON_ALL_RANKS(read == all);
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
  const size_t numbers = header_of_step(1).numbers();
  EXPECT_ON_ALL_RANKS(error == scratch.file("a") + ": the ranks hold " + std::to_string(numbers - 1) + " numbers, expected " +
                                   std::to_string(numbers))
      << error;
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
  EXPECT_ON_ALL_RANKS(error.find(file + ": cannot be opened: ") == 0) << error;
#ifdef MPICH_VERSION
  EXPECT_ON_ALL_RANKS(error == file + ": cannot be opened: File " + file + " does not exist") << error;
#endif
  expect_refused(file, "", "is empty");
  expect_refused(file, "P5 28 28 255 and so on", "is not a checkpoint");
  expect_refused(file, std::string(10000, '\0'), "is not a checkpoint");
  std::string newer = good;
  newer.replace(newer.find("checkpoint 2"), 12, "checkpoint 3");
  expect_refused(file, newer, "format 3, this program reads format 2");
  const std::string whole = std::to_string(good.size());
  for (size_t length : {20ul, 4095ul, 4096ul, 4097ul, good.size() - 1})
    expect_refused(file, good.substr(0, length), ": cut short: " + std::to_string(length) + " bytes, " +
                                                     (length < 4096 ? "its header alone has 4096" : "expected " + whole));
  expect_refused(file, good + "x", ": too long: " + std::to_string(good.size() + 1) + " bytes, expected " + whole);
  const std::string folder = error_of([&] { check_checkpoint(scratch.path, MPI_COMM_WORLD); });
  EXPECT_ON_ALL_RANKS(folder == scratch.path.string() + ": is a folder, expected a checkpoint") << folder;
  const std::string made = error_of([&] { CheckpointFolder(file + "/b", 1, MPI_COMM_WORLD); });
  EXPECT_ON_ALL_RANKS(made == file + "/b: cannot be made: Not a directory") << made;
}

// The last rank cannot read: all of them say so.
TEST(Damage, OfTheDiskIsSaidByAll) {
  const Scratch scratch;
  const std::string file = scratch.file("a");
  write(file, shapes_of(ranks()).front());
  CpuDevice device;
  Holding holding({1, 1, 1}, 0);
  const auto fails = [](MPI_File, MPI_Offset, void*, int, MPI_Datatype, MPI_Status*) { return MPI_ERR_IO; };
  const auto header_only = [](MPI_File f, MPI_Offset at, void* bytes, int n, MPI_Datatype type, MPI_Status* status) {
    return at == 0 ? MPI_File_read_at(f, at, bytes, n, type, status) : MPI_ERR_IO;
  };
  for (const auto& read : {+fails, +header_only}) {
    if (rank() == ranks() - 1) disk.read = read;
    const std::string checking = error_of([&] { check_checkpoint(file, MPI_COMM_WORLD); });
    const std::string reading = error_of([&] { read_checkpoint(file, device, holding.segments(true), MPI_COMM_WORLD); });
    disk = {};
    EXPECT_ON_ALL_RANKS(checking.find(file + ": cannot be read: ") == 0) << checking;
    EXPECT_ON_ALL_RANKS(reading.find(file + ": cannot be read: ") == 0) << reading;
  }
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

namespace {

// FNV-1a over the bytes, as sixteen digits.
std::string hash_of(const std::string& text) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (char c : text) hash = (hash ^ uint8_t(c)) * 0x100000001b3u;
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", (unsigned long long)hash);
  return digits;
}

// A header with these lines below its checksum.
std::string header_with(const std::string& lines) {
  std::string text = "mlp checkpoint 2\nchecksum of header " + hash_of(lines) + "\n" + lines;
  return text + std::string(4096 - text.size(), '\n');
}
std::string refusal(const std::string& start) { return error_of([&] { parse_checkpoint_header(start, "file"); }); }

}  // namespace

TEST(Header, SaysWhatItHolds) {
  const std::string lines = "sizes 13,11,5\ndata 4 x 2\nvectors 3\nstep 7\nchecksum of numbers 00000000000000ab\n--batch 128\n"
                            "--note two words\n--empty \n";
  CheckpointHeader h{.sizes = {13, 11, 5}, .data = "4 x 2", .vectors = 3, .step = 7, .checksum = 0xab, .options = {}};
  h.options = {{"batch", "128"}, {"note", "two words"}, {"empty", ""}};
  EXPECT_EQ(to_bytes(h), header_with(lines));
  const CheckpointHeader read = parse_checkpoint_header(to_bytes(h), "file");
  EXPECT_EQ(read.sizes, h.sizes);
  EXPECT_EQ(read.data, h.data);
  EXPECT_EQ(read.vectors, 3);
  EXPECT_EQ(read.step, 7u);
  EXPECT_EQ(read.checksum, 0xabu);
  EXPECT_EQ(read.options, h.options);
  EXPECT_EQ(read.parameters(), size_t(13 * 11 + 11 + 11 * 5 + 5));
  EXPECT_EQ(read.numbers(), 3 * read.parameters());
  ASSERT_NE(read.option("note"), nullptr);
  EXPECT_EQ(*read.option("note"), "two words");
  EXPECT_EQ(read.option("other"), nullptr);

  // It may fill its 4096 bytes, and not more.
  h.options.push_back({"long", ""});
  const std::string start = to_bytes(h);
  const size_t room = 4096 - (start.find("\n\n") + 1);
  h.options.back().second = std::string(room, 'x');
  EXPECT_EQ(parse_checkpoint_header(to_bytes(h), "file").options, h.options);
  h.options.back().second += 'x';
  EXPECT_EQ(error_of([&] { to_bytes(h); }), "checkpoint: a header of 4097 bytes, 4096 is the most");
}

TEST(Header, ThatIsNoneIsRefused) {
  const std::string rest(4096, '\n'), good = header_with("sizes 13,11\nvectors 1\n");
  EXPECT_EQ(refusal(good), "");
  EXPECT_EQ(refusal(("mlp checkpoint 2\nchecksum of it\n" + rest).substr(0, 4096)), "file: damaged, its header has no checksum");
  EXPECT_EQ(refusal("mlp checkpoint 2\n" + std::string(4079, 'x')), "file: damaged, its header has no checksum");
  std::string other = good;
  other[other.find("13")] = '2';
  EXPECT_EQ(refusal(other), "file: damaged, the checksum of its header is " + hash_of("sizes 23,11\nvectors 1\n") + ", not " +
                                hash_of("sizes 13,11\nvectors 1\n"));
  for (const std::string line : {"floats 3", "step back", "step 99999999999999999999", "--lonely", "batch 3"})
    EXPECT_EQ(refusal(header_with("sizes 13,11\n" + line + "\n")), "file: damaged, its header has a line '" + line + "'");
  for (const char* lines : {"step 3\n", "sizes 13\n", "sizes 13,11\nvectors 0\n"})
    EXPECT_EQ(refusal(header_with(lines)), "file: damaged, its header names no network");
  EXPECT_EQ(refusal("mlp checkpoint 31\n"), "file: is a checkpoint of format 31, this program reads format 2");
  EXPECT_EQ(refusal("mlp checkpoint 1234567890123456789012345\n"),
            "file: is a checkpoint of format 12345678901234567890, this program reads format 2");
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
  Dataset data{4, 20, 30, std::vector<uint8_t>(2400), {0, 1, 2, 1}, 3};
  for (size_t i = 0; i < 2400; ++i) data.pixels[i] = uint8_t(i % 251);
  std::vector<Dataset> others(5, data);
  others[0].labels[3] = 2;
  for (size_t i = 1000; i < 1097; ++i) others[1].pixels[i] = 8;
  others[2].classes = 4;
  std::swap(others[3].height, others[3].width);
  others[4].count = 3;
  CheckpointHeader found = header_of_step(7), wanted = found;
  found.data = wanted.data = data_of(data);
  std::string counted = {0, 1, 2, 1};  // the labels, and every 97th pixel
  for (size_t i = 0; i < 2400; i += 97) counted += char(i % 251);
  EXPECT_EQ(found.data, "4 x 20 x 30 pixels, 3 classes, checksum " + hash_of(counted));
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
  const std::string so = ", so the last bits are not those of a run without a break";
  EXPECT_EQ(said, "--reproducible no: file was written with --reproducible yes" + so + "\n--device cuda: file was written with --device cpu" + so);
  found.options.clear();
  wanted.options = {{"device", "cpu"}};
  EXPECT_EQ(require_same_run(found, wanted, "file"), "--device cpu: file was written with no such option" + so);
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
  const auto open_files = [] { return std::distance(fs::directory_iterator("/proc/self/fd"), {}); };
  save(folder, 7);
  const auto before = open_files();
  for (uint64_t step : {8, 9, 10, 123456789}) save(folder, step);
  EXPECT_ON_ALL_RANKS(open_files() == before);
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
  const std::string no = ": is not a checkpoint of this program", bad_sum = ": damaged, its numbers do not have the checksum that its header says";
  const std::string ten = scratch.file("step_00000010") + no, nine = scratch.file("step_00000009") + bad_sum;
  EXPECT_ON_ALL_RANKS(said == (rank() == 0 ? "passed over: " + ten + "; " + nine + "\n" : "")) << said;
  write_bytes(scratch.file("step_00000008"), "nonsense");
  const std::string error = error_of([&] { folder.newest_good(); });
  EXPECT_ON_ALL_RANKS(error == "no good checkpoint: " + ten + "; " + nine + "; " + scratch.file("step_00000008") + no) << error;
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

// Names are numbers behind a word, read as numbers: 9 is older than 10, and before_10 is newer than before_9.
TEST(Folder, NumbersAreNotSortedAsText) {
  const Scratch scratch;
  CheckpointFolder folder(scratch.path, 3, MPI_COMM_WORLD);
  save(folder, 7);
  const std::string seven = bytes_of(scratch.file("step_00000007"));
  barrier();
  if (rank() == 0) {
    for (const char* name : {"before_9", "before_10", "before_", "before_1x"}) fs::create_directory(scratch.path / name);
    fs::rename(scratch.path / "step_00000007", scratch.path / "before_10/step_7");
  }
  write_bytes(scratch.file("before_9/step_00000012"), seven);
  EXPECT_ON_ALL_RANKS(folder.newest_good().file == scratch.file("before_10/step_7"));
  for (const char* name : {"step_9", "step_10", "step_", "step_11x", "step_1000000000000000000", "tep_12", "step_13.partial"})
    write_bytes(scratch.file(name), seven);
  EXPECT_ON_ALL_RANKS(folder.newest_good().file == scratch.file("step_10"));
  write_bytes(scratch.file("step_100000000000000000"), seven);  // 18 digits are the most
  EXPECT_ON_ALL_RANKS(folder.newest_good().file == scratch.file("step_100000000000000000"));
  const std::string moved = folder.start_over();
  EXPECT_ON_ALL_RANKS(moved == scratch.file("before_11"));
  EXPECT_TRUE(scratch.holds({"before_", "before_10", "before_11", "before_1x", "before_9", "step_", "step_1000000000000000000",
                             "step_11x", "tep_12"}));
  EXPECT_ON_ALL_RANKS(fs::exists(moved + "/step_13.partial") && fs::exists(moved + "/step_9") && fs::exists(moved + "/step_10"));
}

// An earlier run was killed while it wrote the same step; what it left is longer than the file that comes.
TEST(Folder, AStalePartialFileIsNotWrittenInto) {
  const Scratch scratch;
  CheckpointFolder folder(scratch.path, 1, MPI_COMM_WORLD);
  write_bytes(scratch.file("step_00000008.partial"), std::string(100'000, 'x'));
  // Nobody may write before it is removed, however long that takes: what was written then would be lost.
  static std::string begun;
  static bool too_early;
  begun = scratch.file("begun"), too_early = false;
  disk.write = [](MPI_File file, MPI_Offset at, const void* bytes, int count, MPI_Datatype type, MPI_Status* status) {
    std::ofstream(begun) << "begun";
    return MPI_File_write_at(file, at, bytes, count, type, status);
  };
  disk.remove = [](const char* file) {
    for (int i = 0; i < 20 && ranks() == 2 && !too_early; ++i) usleep(5000), too_early = fs::exists(begun);
    return std::remove(file);
  };
  save(folder, 8);
  disk = {};
  barrier();
  if (rank() == 0) fs::remove(begun);
  EXPECT_ON_ALL_RANKS(!too_early);
  EXPECT_ON_ALL_RANKS(folder.newest_good().header.step == 8);
  EXPECT_TRUE(scratch.holds({"step_00000008"}));
}

TEST(Folder, AWriteOfTooFewBytesIsAnError) {
  const Scratch scratch;
  CheckpointFolder folder(scratch.path, 1, MPI_COMM_WORLD);
  if (rank() == ranks() - 1)
    disk.write = [](MPI_File file, MPI_Offset at, const void* bytes, int count, MPI_Datatype type, MPI_Status* status) {
      return MPI_File_write_at(file, at, bytes, count - 1, type, status);  // and a success
    };
  const std::string error = error_of([&] { save(folder, 8); });
  disk = {};
  EXPECT_ON_ALL_RANKS(error.find("step_00000008") != std::string::npos) << error;
  EXPECT_ON_ALL_RANKS(error.find(": cannot be written: ") != std::string::npos) << error;
  EXPECT_ON_ALL_RANKS(error.ends_with(" bytes")) << error;
}

// ---- failures, each at its place ----

namespace {

// A disk at its worst. What is written reaches it when its file is flushed, and not before; a new name reaches it at once, or when
// its folder is flushed. One call of one rank fails; if the plug is pulled there, nothing that any rank does from then on has an effect.
struct WorstDisk {
  std::string plug = {};  // a file that is there when the plug is pulled, so that all ranks see it; no name: it is not pulled
  bool names_at_once = true;
  size_t failing = 0;      // which call of this rank, counted from 1
  std::string calls = {};  // of this rank, a letter each: write, flush, close, rename, Flush of the folder, x for remove
  std::vector<std::pair<MPI_Offset, std::string>> unflushed = {};
  std::vector<std::pair<std::string, std::string>> unnamed = {};

  bool fails(char call) {
    calls += call;
    errno = EIO;
    if (calls.size() != failing) return !plug.empty() && fs::exists(plug);
    if (!plug.empty()) std::ofstream(plug) << "pulled";
    return true;
  }
};
WorstDisk worst;

int write_late(MPI_File, MPI_Offset place, const void* bytes, int count, MPI_Datatype type, MPI_Status* status) {
  if (worst.fails('w')) return MPI_ERR_IO;
  MPI_Status_set_elements(status, type, count);
  worst.unflushed.emplace_back(place, std::string(static_cast<const char*>(bytes), size_t(count)));
  return MPI_SUCCESS;
}
int flush_now(MPI_File file) {
  if (worst.fails('f')) return MPI_ERR_IO;
  for (const auto& [place, bytes] : std::exchange(worst.unflushed, {}))
    if (MPI_File_write_at(file, place, bytes.data(), int(bytes.size()), MPI_BYTE, MPI_STATUS_IGNORE)) return MPI_ERR_OTHER;
  return MPI_SUCCESS;
}
int close_now(MPI_File* file) {
  const bool fails = worst.fails('c');
  return MPI_File_close(file) != MPI_SUCCESS || fails ? MPI_ERR_IO : MPI_SUCCESS;
}
int rename_now_or_late(const char* from, const char* to) {
  if (worst.fails('r')) return -1;
  if (worst.names_at_once) return std::rename(from, to);
  worst.unnamed.emplace_back(from, to);
  return 0;
}
int flush_folder_now(int) {
  if (worst.fails('F')) return -1;
  for (const auto& [from, to] : std::exchange(worst.unnamed, {})) std::rename(from.c_str(), to.c_str());
  return 0;
}
int remove_now(const char* file) { return worst.fails('x') ? -1 : std::remove(file); }

// What `work` says where call `place` of rank `victim` fails (0: none does). Afterwards the plug is in again.
std::string on_the_worst_disk(int victim, size_t place, const WorstDisk& how, auto work) {
  worst = how;
  if (rank() == victim) worst.failing = place;
  disk = {write_late, flush_now, close_now, MPI_File_read_at, rename_now_or_late, flush_folder_now, remove_now};
  const std::string error = error_of(work);
  disk = {};
  barrier();
  if (rank() == 0) std::remove(worst.plug.c_str());
  barrier();
  return error;
}

// The newest good one; none may have been passed over.
uint64_t newest_step(const CheckpointFolder& folder) {
  testing::internal::CaptureStdout();
  const CheckpointFolder::Found found = folder.newest_good();
  const std::string said = testing::internal::GetCapturedStdout();
  EXPECT_ON_ALL_RANKS(said.empty()) << said;
  return found.header.step;
}

// The calls of rank 0 that save step 9 and remove step 8, and those of the others.
std::string calls_of_a_save() {
  const std::string numbers(Holding({ranks(), 1, 1}, rank()).segments(false).size(), 'w');
  return rank() == 0 ? "x" + numbers + "fcwfcrFx" : numbers + "fc";
}

}  // namespace

// Pulled at any call, with names that are early or late: the older checkpoint is good, or the new one is. And a call that fails
// alone costs the new checkpoint at most.
TEST(Folder, AtAnyPlaceACallMayFailOrThePlugBePulled) {
  const Scratch scratch;
  const std::string eight = scratch.file("step_00000008"), nine = scratch.file("step_00000009"), plug = scratch.file("plug");
  CheckpointFolder folder(scratch.path, 1, MPI_COMM_WORLD);
  CpuDevice device;
  Holding holding({ranks(), 1, 1}, rank());
  holding.fill();
  const auto save_nine = [&] { folder.save(header_of_step(9), device, holding.segments(false)); };
  save(folder, 8);
  const std::string bytes_of_eight = bytes_of(eight);
  save_nine();
  const std::string bytes_of_nine = bytes_of(nine);
  barrier();

  const std::string calls = calls_of_a_save();
  const WorstDisk early{.plug = plug}, late{.plug = plug, .names_at_once = false}, once{.plug = "", .names_at_once = false};
  for (const WorstDisk& how : ranks() == 1 ? std::vector{early, late, once} : std::vector{ranks() == 2 ? early : once})
    for (int victim = ranks() > 3 ? ranks() - 1 : 0; victim < ranks(); victim += std::max(1, ranks() - 1)) {
      size_t places = calls.size();
      MPI_CHECK(MPI_Bcast(&places, 1, MPI_UINT64_T, victim, MPI_COMM_WORLD));
      for (size_t place = 0; place <= places; ++place) {
        std::string sequence = calls;
        sequence.resize(places, ' ');
        MPI_CHECK(MPI_Bcast(sequence.data(), int(places), MPI_CHAR, victim, MPI_COMM_WORLD));
        const char call = place > 0 ? sequence[place - 1] : ' ';
        if (call == 'w' && place > 2 && sequence[place - 2] == 'w') continue;  // like those before
        if (rank() == 0) fs::remove(nine);
        write_bytes(eight, bytes_of_eight);

        const std::string error = on_the_worst_disk(victim, place, how, save_nine);
        const std::string where = "call " + std::to_string(place) + ", " + call + ", of rank " + std::to_string(victim) +
                                  (how.plug.empty() ? ", once" : how.names_at_once ? ", early" : ", late");
        const bool pulled = !how.plug.empty(), last = place == places;
        std::string problem;  // where it fails; where the plug is pulled, maybe of another rank, which met it a moment later
        if (call == 'w') problem = nine + ".partial: cannot be written: ";
        if (call == 'f') problem = nine + ".partial: cannot be flushed: ";
        if (call == 'c') problem = nine + ".partial: cannot be closed: ";
        if (call == 'r') problem = nine + ": cannot be renamed: Input/output error";
        if (pulled && place > 0 && (victim > 0 || (call == 'x' && !last))) problem = nine + ".partial: cannot be ";
        EXPECT_ON_ALL_RANKS(error.starts_with(problem) && error.empty() == problem.empty()) << where << ": " << error;
        const bool named = problem.empty() && (call != 'F' || how.names_at_once);
        const bool both = named && place > 0 && (last || call == 'F');
        EXPECT_ON_ALL_RANKS(newest_step(folder) == (named ? 9 : 8)) << where;
        EXPECT_ON_ALL_RANKS(!named || bytes_of(nine) == bytes_of_nine) << where;
        EXPECT_ON_ALL_RANKS(fs::exists(eight) == (!named || both)) << where;
        EXPECT_ON_ALL_RANKS(pulled || call == 'F' || !fs::exists(nine + ".partial")) << where;
        EXPECT_ON_ALL_RANKS(place > 0 || worst.calls == calls) << worst.calls << ", expected " << calls;
        barrier();
        if (rank() == 0) std::remove((nine + ".partial").c_str());
      }
    }
}

// Files are moved one by one, the newest last: wherever that ends, the newest is found, and no file is lost.
TEST(Folder, AStartOverMayEndAtAnyPlace) {
  const Scratch scratch;
  CheckpointFolder folder(scratch.path, 3, MPI_COMM_WORLD);
  for (uint64_t step : {8, 9, 10}) save(folder, step);
  write_bytes(scratch.file("step_00000011.partial"), "half");
  for (size_t place = 4; place > 0; --place) {
    const std::string error = on_the_worst_disk(0, place, {.plug = scratch.file("plug")}, [&] { folder.start_over(); });
    EXPECT_ON_ALL_RANKS(error.find(": the older checkpoints cannot be moved there: Input/output error") != std::string::npos) << error;
    EXPECT_ON_ALL_RANKS(newest_step(folder) == 10) << "call " << place;
    barrier();
    if (rank() == 0)
      for (const auto& entry : fs::recursive_directory_iterator(scratch.path))
        if (entry.is_regular_file()) fs::rename(entry.path(), scratch.path / entry.path().filename());
    barrier();
    for (const char* name : {"step_00000008", "step_00000009", "step_00000010", "step_00000011.partial"})
      EXPECT_ON_ALL_RANKS(fs::exists(scratch.file(name))) << name << ", call " << place;
    barrier();
  }
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
#ifdef MPICH_VERSION
    EXPECT_ON_ALL_RANKS(error.empty() || error.ends_with("File too large")) << error;
#endif
    EXPECT_ON_ALL_RANKS(folder.newest_good().header.step == (error.empty() ? 9 : 8));
    const bool holds_old_one = scratch.holds({"step_00000008"});
    EXPECT_ON_ALL_RANKS(holds_old_one || error.empty());
  }
  save(folder, 10);
  EXPECT_ON_ALL_RANKS(folder.newest_good().header.step == 10);
}

// ---- the rest ----

TEST(StopSignal, IsNotedAndForgotten) {
  std::signal(SIGTERM, SIG_IGN);
  std::signal(SIGUSR1, SIG_IGN);
  {
    const StopSignal stop;
    EXPECT_EQ(stop.received(), 0);
    raise(SIGUSR1);
    EXPECT_EQ(stop.received(), SIGUSR1);
    raise(SIGTERM);
    EXPECT_EQ(stop.received(), SIGTERM);
    struct sigaction now;
    for (int signal : {SIGTERM, SIGUSR1}) {
      sigaction(signal, nullptr, &now);
      EXPECT_TRUE(now.sa_flags & SA_RESTART);
    }
    sigaction(SIGXFSZ, nullptr, &now);
    EXPECT_EQ(now.sa_handler, SIG_IGN);
  }
  {
    const StopSignal stop;
    EXPECT_EQ(stop.received(), 0);
  }
  for (int signal : {SIGTERM, SIGUSR1, SIGXFSZ}) {
    struct sigaction after;
    sigaction(signal, nullptr, &after);
    EXPECT_EQ(after.sa_handler, signal == SIGXFSZ ? SIG_DFL : SIG_IGN);
  }
  std::signal(SIGTERM, SIG_DFL);
  std::signal(SIGUSR1, SIG_DFL);
  EXPECT_STREQ(name_of_signal(SIGTERM), "SIGTERM");
  EXPECT_STREQ(name_of_signal(SIGUSR1), "SIGUSR1");
}
