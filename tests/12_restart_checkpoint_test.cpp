// What chapter 12 claims of checkpoints: one file whatever the grid, whole or not there, damage is noticed, the older ones
// survive a full disk.
// ranks: 1 2 3 4 5 7 8
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
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
#include "chapters/12_restart/gather.h"
#include "chapters/12_restart/stop_signal.h"
#include "common/error.h"
#include "common/hash.h"
#include "common/mpi/session.h"
#include "common/timer.h"
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

namespace {

std::atomic<int> writes = 0;
ssize_t counted_write(int file, const void* bytes, size_t count, off_t place) {
  ++writes;
  return pwrite(file, bytes, count, place);
}

}  // namespace

// However scattered: one write of a rank's block, and on rank 0 one of the header.
TEST(Checkpoint, IsWrittenByTwoLargeWritesAtMost) {
  const Scratch scratch;
  for (const GridShape& shape : shapes_of(ranks())) {
    writes = 0;
    disk.write = counted_write;
    write(scratch.file("a"), shape);
    disk = {};
    const bool empty = block_of(header_of_step(7).numbers(), ranks(), rank()).empty();
    EXPECT_ON_ALL_RANKS(writes == (rank() == 0) + !empty) << to_string(shape) << ": " << writes;
  }
}

// Blocks follow each other, and begin at pages of 1024 numbers: of 3000 numbers there are three.
TEST(Gather, CutsTheFileAtPages) {
  const auto blocks = [](size_t numbers, int ranks) {
    std::vector<Range> all;
    for (int r = 0; r < ranks; ++r) all.push_back(block_of(numbers, ranks, r));
    return all;
  };
  EXPECT_EQ(blocks(3000, 2), (std::vector<Range>{{0, 1024}, {1024, 3000}}));
  EXPECT_EQ(blocks(3000, 3), (std::vector<Range>{{0, 1024}, {1024, 2048}, {2048, 3000}}));
  EXPECT_EQ(blocks(3000, 4), (std::vector<Range>{{0, 0}, {0, 1024}, {1024, 2048}, {2048, 3000}}));
  EXPECT_EQ(blocks(1024, 1), (std::vector<Range>{{0, 1024}}));
}

// 5000 numbers that are dealt like cards: each rank has every so-manieth; in its block all of them stand in order.
TEST(Gather, PutsEachNumberInItsPlace) {
  CpuDevice device;
  constexpr size_t numbers = 5000;
  std::vector<float> mine(numbers);
  std::vector<Segment> segments;
  for (size_t i = numbers; i-- > 0;)
    if (i % size_t(ranks()) == size_t(rank())) mine[i] = value(i), segments.push_back({&mine[i], i, 1});
  const Range block = block_of(numbers, ranks(), rank());
  const std::vector<float> got = gather_block("file", device, segments, numbers, MPI_COMM_WORLD);
  bool right = got.size() == block.size();
  for (size_t i = 0; i < got.size() && right; ++i) {
    const float expected = value(block.first + i);
    right = std::memcmp(&got[i], &expected, sizeof expected) == 0;
  }
  EXPECT_ON_ALL_RANKS(right);

  // One twice and another not at all; and one behind the end.
  if (rank() == ranks() - 1) segments.back().place = segments.back().place == 0 ? 1 : 0;
  const std::string twice = error_of([&] { gather_block("file", device, segments, numbers, MPI_COMM_WORLD); });
  EXPECT_ON_ALL_RANKS(twice.starts_with("file: number ") && twice.ends_with(" is held by two ranks, or by none")) << twice;
  if (rank() == ranks() - 1) segments.back().place = numbers;
  const std::string behind = error_of([&] { gather_block("file", device, segments, numbers, MPI_COMM_WORLD); });
  EXPECT_ON_ALL_RANKS(behind == "file: a segment ends behind the file's 5000 numbers") << behind;
}

// 1.1 million numbers are more than one piece: on one rank in checking.
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
  EXPECT_ON_ALL_RANKS(error == file + ": cannot be opened: No such file or directory") << error;
  expect_refused(file, "", "is empty");
  expect_refused(file, "P5 28 28 255 and so on", "is not a checkpoint");
  expect_refused(file, std::string(10000, '\0'), "is not a checkpoint");
  std::string newer = good;
  newer.replace(newer.find("checkpoint 3"), 12, "checkpoint 4");
  expect_refused(file, newer, "format 4, this program reads format 3");
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
  const auto fails = [](int, void*, size_t, off_t) { return errno = EIO, ssize_t(-1); };
  const auto header_only = [](int f, void* bytes, size_t n, off_t at) { return at == 0 ? pread(f, bytes, n, at) : (errno = EIO, ssize_t(-1)); };
  const auto shorter = [](int f, void* bytes, size_t n, off_t at) { return at == 0 ? pread(f, bytes, n, at) : ssize_t(0); };
  for (const auto& read : {+fails, +header_only, +shorter}) {
    if (rank() == ranks() - 1) disk.read = read;
    const std::string checking = error_of([&] { check_checkpoint(file, MPI_COMM_WORLD); });
    const std::string reading = error_of([&] { read_checkpoint(file, device, holding.segments(true), MPI_COMM_WORLD); });
    disk = {};
    EXPECT_ON_ALL_RANKS(checking == file + ": cannot be read: Input/output error") << checking;
    EXPECT_ON_ALL_RANKS(reading == file + ": cannot be read: Input/output error") << reading;
  }
  // A call that is given back after some bytes, or for a signal, goes on.
  disk.read = [](int f, void* bytes, size_t n, off_t at) {
    static int calls = 0;
    return ++calls % 3 == 0 ? (errno = EINTR, ssize_t(-1)) : pread(f, bytes, std::min(n, size_t{1000}), at);
  };
  const std::string well = error_of([&] { check_checkpoint(file, MPI_COMM_WORLD); });
  disk = {};
  EXPECT_ON_ALL_RANKS(well.empty()) << well;
}

// On one rank every byte is changed once, and every length tried; on several some of them.
TEST(Damage, OfAnyByteIsNoticed) {
  const Scratch scratch;
  const std::string file = scratch.file("a"), good = file_of_one_rank();
  const size_t stride = ranks() == 1 ? 1 : 997;
  for (size_t place = 0; place < good.size(); place += stride) {
    std::string bad = good;
    bad[place] = char(bad[place] ^ 1 << place * 5 % 8);
    const std::string damaged[] = {bad, good.substr(0, place)};
    for (const std::string& bytes : damaged) {
      write_bytes(file, bytes);
      const std::string error = error_of([&] { check_checkpoint(file, MPI_COMM_WORLD); });
      const bool in_one_line = std::ranges::all_of(error, [](unsigned char c) { return c >= ' ' && c <= '~'; });
      EXPECT_ON_ALL_RANKS(error.starts_with(file + ": ") && in_one_line) << "byte " << place << " of " << bytes.size() << ": " << error;
      barrier();
    }
  }
}

// Images and labels have no checksum of their own: what can be read of them is other data, which no checkpoint takes for its own.
TEST(Damage, OfDataIsNamedOrMakesOtherData) {
  if (ranks() > 1) GTEST_SKIP() << "skipped: no messages are sent here, one rank is enough";
  const Scratch scratch;
  const auto written = [&](const char* name, std::string bytes) {
    write_bytes(scratch.file(name), bytes);
    return scratch.file(name);
  };
  const std::string images = std::string("\0\0\x08\x03\0\0\0\x04\0\0\0\x03\0\0\0\x02", 16) + "abcdefghijklmnopqrstuvwx";
  const std::string labels = std::string("\0\0\x08\x01\0\0\0\x04\x01\0\x02\x01", 12);
  const auto told = [&](const std::string& i, const std::string& l) {
    std::string said;
    const std::string error = error_of([&] { said = data_of(read_idx(written("i", i), written("l", l))); });
    const bool in_one_line = std::ranges::all_of(error, [](unsigned char c) { return c >= ' ' && c <= '~'; });
    EXPECT_TRUE(in_one_line && (error.empty() || error.starts_with(scratch.path.string()))) << error;
    return said;
  };
  const std::string good = told(images, labels);
  ASSERT_TRUE(good.starts_with("4 x 3 x 2 pixels, 3 classes, checksum ")) << good;
  for (int half : {0, 1}) {
    const std::string& bytes = half == 0 ? images : labels;
    for (size_t place = 0; place < bytes.size(); ++place) {
      const auto changed = [&](const std::string& other) { return half == 0 ? told(other, labels) : told(images, other); };
      for (int bit = 0; bit < 8; ++bit) {
        std::string bad = bytes;
        bad[place] = char(bad[place] ^ 1 << bit);
        EXPECT_NE(changed(bad), good) << "bit " << bit << " of byte " << place << " of " << (half ? "labels" : "images");
      }
      EXPECT_EQ(changed(bytes.substr(0, place)), "") << place << " bytes";
    }
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
  std::string text = "mlp checkpoint 3\nchecksum of header " + hash_of(lines) + "\n" + lines;
  return text + std::string(4096 - text.size(), '\n');
}
std::string refusal(const std::string& start) { return error_of([&] { parse_checkpoint_header(start, "file"); }); }

}  // namespace

TEST(Header, SaysWhatItHolds) {
  const std::string lines = "sizes 13,11,5\nnumbers 32-bit float, little-endian\ndata 4 x 2\nvectors 3\nstep 7\nchecksum of numbers 00000000000000ab\n--batch 128\n"
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
  const std::string kind = "numbers 32-bit float, little-endian\n", end = "data \nvectors 1\nstep 3\nchecksum of numbers 00000000000000ab\n";
  const std::string rest(4096, '\n'), first = "sizes 13,11\n", lines = first + kind + end, good = header_with(lines);
  EXPECT_EQ(refusal(good), "");
  EXPECT_EQ(refusal(("mlp checkpoint 3\nchecksum of it\n" + rest).substr(0, 4096)), "file: damaged, its header has no checksum");
  EXPECT_EQ(refusal("mlp checkpoint 3\n" + std::string(4079, 'x')), "file: damaged, its header has no checksum");
  std::string other = good;
  other[other.find("13")] = '2';
  EXPECT_EQ(refusal(other), "file: damaged, the checksum of its header is " + hash_of("sizes 23" + lines.substr(8)) + ", not " + hash_of(lines));
  for (const std::string line : {"floats 3", "step back", "step 99999999999999999999", "--lonely", "batch 3", "bell \a"})
    EXPECT_EQ(refusal(header_with(lines + line + "\n")), "file: damaged, its header has a line '" + (line[1] == 'e' && line[2] == 'l' ? "bell ?" : line) + "'");
  // Networks that there cannot be, among them one of more numbers than a file holds, and one whose count is 0 in 64 bits.
  for (const char* sizes : {"", "sizes 13\n", "sizes 13,0\n", "sizes -13,-11\n", "sizes 2000000000,2000000000\n", "sizes 65536,65536,65536,65536\n"})
    EXPECT_EQ(refusal(header_with(sizes + kind + end)), "file: damaged, its header names no network") << sizes;
  for (const char* vectors : {"0", "-1", "101"})
    EXPECT_EQ(refusal(header_with(first + kind + "vectors " + vectors + "\n")), "file: damaged, its header names no network") << vectors;
  EXPECT_EQ(refusal(header_with(first + "numbers 16-bit float, big-endian\n" + end)),
            "file: its numbers are '16-bit float, big-endian', this program reads '32-bit float, little-endian'");
  // Lines in another order, a number written in another way, something in the empty lines: nobody but this program writes headers.
  const std::string not_ours = "file: damaged, its header is not as this program writes it";
  EXPECT_EQ(refusal(header_with(kind + first + end)), not_ours);
  EXPECT_EQ(refusal(header_with("sizes 13,011\n" + kind + end)), not_ours);
  other = good;
  other[4095] = ' ';
  EXPECT_EQ(refusal(other), not_ours);
  EXPECT_EQ(refusal("mlp checkpoint 31\n"), "file: is a checkpoint of format 31, this program reads format 3");
  EXPECT_EQ(refusal("mlp checkpoint 1234567890123456789012345\n"),
            "file: is a checkpoint of format 12345678901234567890, this program reads format 3");
}

// Which field, both values, and what to do.
TEST(Header, OtherOptionsAreNamed) {
  CheckpointHeader wanted = header_of_step(7);
  require_same_run(header_of_step(7), wanted, "file");
  wanted.options[0].second = "64";
  EXPECT_EQ(error_of([&] { require_same_run(header_of_step(7), wanted, "file"); }),
            "--batch 64: file was written with --batch 128; give --batch 128, or --start-over to begin another run");
  wanted.options[0] = {"rows", "64"};
  EXPECT_EQ(error_of([&] { require_same_run(header_of_step(7), wanted, "file"); }),
            "--rows 64: file was written with no such option; give it to the program that wrote it, or --start-over to begin another run");
}

// Another label, another pixel, other classes, another form of the images: all of them are other data.
TEST(Header, OtherDataIsRefused) {
  Dataset data{4, 20, 30, std::vector<uint8_t>(2400), {0, 1, 2, 1}, 3};
  for (size_t i = 0; i < 2400; ++i) data.pixels[i] = uint8_t(i % 251);
  std::vector<Dataset> others(5, data);
  others[0].labels[3] = 2;
  others[1].pixels[1000] ^= 1;
  others[2].classes = 4;
  std::swap(others[3].height, others[3].width);
  others[4].count = 3;
  CheckpointHeader found = header_of_step(7), wanted = found;
  found.data = wanted.data = data_of(data);
  std::string counted = {0, 1, 2, 1};  // the labels, and the pixels
  for (size_t i = 0; i < 2400; ++i) counted += char(i % 251);
  EXPECT_EQ(found.data, "4 x 20 x 30 pixels, 3 classes, checksum " + hash_of(counted));
  EXPECT_EQ(require_same_run(parse_checkpoint_header(to_bytes(found), "file"), wanted, "file"), "");
  for (const Dataset& other : others) {
    wanted.data = data_of(other);
    const std::string error = error_of([&] { require_same_run(found, wanted, "file"); });
    EXPECT_EQ(error, "file was trained on other data: " + found.data + "; here are " + wanted.data +
                         "; name their folder with --data, or --start-over to begin another run");
  }
}

// Some options change the last bits only. With --reproducible on either side the number of replicas does not.
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
  for (const auto& [theirs, ours, says] : {std::array<std::string, 3>{"4", "2", "yes"}, {"4", "4", ""}, {"any", "2", ""}, {"4", "any", ""}}) {
    found.options = {{"replicas", theirs}, {"tensor", "2"}};
    wanted.options = {{"replicas", ours}, {"tensor", says.empty() ? "2" : "1"}};
    EXPECT_EQ(require_same_run(found, wanted, "file"), says.empty() ? "" : "--replicas 2: file was written with --replicas 4" + so +
                                                                               "\n--tensor 1: file was written with --tensor 2" + so);
  }
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
  save(folder, 8);
  EXPECT_ON_ALL_RANKS(bytes_of(scratch.file("step_00000008")).size() == file_of_one_rank().size());
  EXPECT_ON_ALL_RANKS(folder.newest_good().header.step == 8);
  EXPECT_TRUE(scratch.holds({"step_00000008"}));
}

// A disk may take fewer bytes than it was given, and a signal may come in between: the rest follows. One that takes none is full.
TEST(Folder, AWriteOfTooFewBytesGoesOn) {
  const Scratch scratch;
  CheckpointFolder folder(scratch.path, 2, MPI_COMM_WORLD);
  disk.write = [](int file, const void* bytes, size_t count, off_t at) {
    static std::atomic<int> calls = 0;
    return ++calls % 3 == 0 ? (errno = EINTR, ssize_t(-1)) : pwrite(file, bytes, (count + 1) / 2, at);
  };
  save(folder, 7);
  disk = {};
  EXPECT_ON_ALL_RANKS(bytes_of(scratch.file("step_00000007")) == file_of_one_rank());
  disk.write = [](int, const void*, size_t, off_t) { return ssize_t(0); };
  const std::string error = error_of([&] { save(folder, 8); });
  disk = {};
  EXPECT_ON_ALL_RANKS(error == scratch.file("step_00000008") + ".partial: cannot be written: No space left on device") << error;
  EXPECT_TRUE(scratch.holds({"step_00000007"}));
}

// ---- while the program goes on ----

namespace {

std::atomic<bool> hangs = false;
int hanging_flush(int file) {
  while (hangs) usleep(1000);
  return fsync(file);
}

}  // namespace

// The state of the moment in which it began is written, whatever happens to it then. Until the disk of the last rank is well, nobody
// hears of an end, and nobody waits.
TEST(Folder, ACheckpointIsWrittenWhileTheProgramGoesOn) {
  const Scratch scratch;
  CheckpointFolder folder(scratch.path, 1, MPI_COMM_WORLD);
  CpuDevice device;
  Holding holding({ranks(), 1, 1}, rank());
  holding.fill();
  if (rank() == ranks() - 1) hangs = true, disk.flush = hanging_flush;
  folder.begin_save(header_of_step(7), device, holding.segments(false));
  for (std::vector<float>& vector : holding.memory) std::ranges::fill(vector, 0.0f);
  std::vector<std::string> ended;
  const auto note = [&](const std::string& problem) { ended.push_back(problem); };
  const bool too_early = folder.wait(0, note);
  EXPECT_ON_ALL_RANKS(!too_early && folder.saving() && ended.empty() && !fs::exists(scratch.file("step_00000007")));
  barrier();
  hangs = false;
  const bool in_the_end = folder.wait(INFINITY, note);
  disk = {};
  EXPECT_ON_ALL_RANKS(in_the_end && !folder.saving() && ended == std::vector<std::string>{""});
  EXPECT_ON_ALL_RANKS(!folder.poll() && folder.wait(0, note) && ended.size() == 1);
  EXPECT_ON_ALL_RANKS(bytes_of(scratch.file("step_00000007")) == file_of_one_rank());
}

// ---- failures, each at its place ----

namespace {

// A disk at its worst. What is written reaches it when its file is flushed, and not before; a new name reaches it at once, or when
// its folder is flushed. One call of one rank fails; if the plug is pulled there, nothing that any rank does from then on has an effect.
struct WorstDisk {
  std::string plug = {};  // a file that is there when the plug is pulled, so that all ranks see it; no name: it is not pulled
  bool names_at_once = true;
  size_t failing = 0;      // which call of this rank, counted from 1
  std::string calls = {};  // of this rank, a letter each: write, flush, close, t for cut, rename, Flush of the folder, x for remove
  std::vector<std::pair<off_t, std::string>> unflushed = {};
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

ssize_t write_late(int, const void* bytes, size_t count, off_t place) {
  if (worst.fails('w')) return -1;
  worst.unflushed.emplace_back(place, std::string(static_cast<const char*>(bytes), count));
  return ssize_t(count);
}
int flush_now(int file) {
  if (worst.fails('f')) return -1;
  for (const auto& [place, bytes] : std::exchange(worst.unflushed, {}))
    if (pwrite(file, bytes.data(), bytes.size(), place) != ssize_t(bytes.size())) return -1;
  return 0;
}
int cut_now(int file, off_t length) { return worst.fails('t') ? -1 : ftruncate(file, length); }
int close_now(int file) {
  const bool fails = worst.fails('c');
  return close(file) != 0 || fails ? (errno = EIO, -1) : 0;
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
  disk = {write_late, flush_now, cut_now, close_now, pread, rename_now_or_late, flush_folder_now, remove_now};
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

// The calls of rank 0 that save step 9 and remove step 8, and those of the others. The 777 numbers are one page, the last rank's block.
std::string calls_of_a_save() {
  const std::string block = rank() == ranks() - 1 ? "wfc" : "fc";
  return rank() == 0 ? block + "twfcrFx" : block;
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
        if (call == 't') problem = nine + ".partial: cannot be cut: ";
        if (call == 'r') problem = nine + ": cannot be renamed: Input/output error";
        if (pulled && place > 0 && victim > 0) problem = nine + ".partial: cannot be ";
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
    EXPECT_ON_ALL_RANKS(error == scratch.file("step_00000009") + ".partial: cannot be written: File too large") << error;
    EXPECT_ON_ALL_RANKS(folder.newest_good().header.step == 8);
    EXPECT_TRUE(scratch.holds({"step_00000008"}));
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

// Twice within a second is once; a second signal later than that ends the process by that signal.
TEST(StopSignal, ThatComesAgainEndsAtOnce) {
  static double moment;
  const auto usual = clock_seconds;
  clock_seconds = [] { return moment; };
  const auto ending = [&](double later, int second) {
    const pid_t child = fork();
    if (child == 0) {
      const StopSignal stop;
      moment = 100;
      raise(SIGTERM);
      moment += later;
      raise(second);
      _exit(stop.received() == second ? 7 : 8);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return status;
  };
  const int at_once = ending(1, SIGUSR1), later = ending(1.5, SIGTERM), another = ending(1.5, SIGUSR1);
  clock_seconds = usual;
  EXPECT_TRUE(WIFEXITED(at_once) && WEXITSTATUS(at_once) == 7) << at_once;
  EXPECT_TRUE(WIFSIGNALED(later) && WTERMSIG(later) == SIGTERM) << later;
  EXPECT_TRUE(WIFSIGNALED(another) && WTERMSIG(another) == SIGUSR1) << another;
}
