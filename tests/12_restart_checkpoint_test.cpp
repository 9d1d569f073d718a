// What chapter 12 claims of a checkpoint: one file whatever the grid, few large writes, damage is noticed, a header tells what it holds.
// ranks: 1 2 3 5 8
// more ranks: 4 7
#include <gtest/gtest.h>
#include <malloc.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <new>

#include "chapters/12_restart/checkpoint_writer.h"
#include "chapters/12_restart/disk.h"
#include "chapters/12_restart/gather.h"
#include "chapters/12_restart/write_all.h"
#include "tests/checkpoints.h"

using namespace checkpoints;

// How much memory from `new`, so that of every vector, there is, and was at most.
static std::atomic<int64_t> held = 0, most_held = 0;
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
void* operator new(size_t n) {
  void* const memory = std::malloc(n);
  if (!memory) throw std::bad_alloc();
  const int64_t now = held += int64_t(malloc_usable_size(memory));
  for (int64_t most = most_held; now > most && !most_held.compare_exchange_weak(most, now);) {
  }
  return memory;
}
void operator delete(void* memory) noexcept {
  held -= int64_t(malloc_usable_size(memory));
  std::free(memory);
}
void operator delete(void* memory, size_t) noexcept { operator delete(memory); }
constexpr bool memory_is_counted = true;
#else
constexpr bool memory_is_counted = false;
#endif

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
  // Another number would be another format, in which the files that there are would be damaged ones.
  EXPECT_EQ(checksum(std::vector<float>{1, -2.5f, 0}, 5), 0x9f553430362dd538u);
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

// The library's way to few large writes.
TEST(Checkpoint, IsTheFileThatMpiWrites) {
  const Scratch scratch;
  for (const GridShape& shape : shapes_of(ranks())) {
    Holding holding(shape, rank());
    holding.fill();
    const std::string file = scratch.file("by_mpi");
    write_all_by_mpi(file, holding.segments(false), MPI_COMM_WORLD);
    barrier();
    EXPECT_ON_ALL_RANKS(bytes_of(file).substr(4096) == file_of_one_rank().substr(4096)) << to_string(shape);
    barrier();
    if (rank() == 0) fs::remove(file);
    barrier();
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
  EXPECT_ON_ALL_RANKS(twice == "file: number 0 is held by two ranks, or by none") << twice;
  if (rank() == ranks() - 1) segments.back().place = numbers;
  const std::string behind = error_of([&] { gather_block("file", device, segments, numbers, MPI_COMM_WORLD); });
  EXPECT_ON_ALL_RANKS(behind == "file: a segment ends behind the file's 5000 numbers") << behind;

  // As many as MPI can count, and one more; nothing is read of them.
  const std::vector<Segment> long_one = {{mine.data(), 0, size_t{1} << 30}, {mine.data(), size_t{1} << 30, size_t{1} << 30}};
  const std::string most = error_of([&] { gather_block("file", device, rank() == 0 ? long_one : std::vector<Segment>{}, size_t{1} << 31, MPI_COMM_WORLD); });
  EXPECT_ON_ALL_RANKS(most == "file: a rank holds 2147483648 numbers, more than MPI can count") << most;
}

// What a rank holds, in many segments, is in memory twice while blocks are made: as it leaves and as it comes, then as it comes and in its
// place. Then once, until it is on the disk.
TEST(Gather, HoldsTheStateTwice) {
  if (!memory_is_counted) GTEST_SKIP() << "skipped: a sanitizer has a `new` of its own";
  const Scratch scratch;
  CpuDevice device;
  CheckpointHeader header;
  header.sizes = {1023, 1024};
  const size_t numbers = header.numbers(), each = 1000;
  ASSERT_EQ(numbers, size_t{1} << 20);
  std::vector<float> all(numbers);
  std::vector<Segment> segments;
  for (size_t at = each * size_t(rank()); at < numbers; at += each * size_t(ranks())) segments.push_back({&all[at], at, std::min(each, numbers - at)});
  CheckpointWriter writer(MPI_COMM_WORLD);
  const int64_t before = most_held = held.load();
  const double share_of_rank = 4.0 * double(numbers) / ranks();
  writer.begin(scratch.file("a"), header, device, segments);
  const double twice = double(most_held - before) / share_of_rank, once = double(held - before) / share_of_rank;
  while (!writer.poll()) usleep(200);
  const double nothing = double(held - before) / share_of_rank;
  EXPECT_ON_ALL_RANKS(twice > 1.9 && twice < 2.1) << twice;
  EXPECT_ON_ALL_RANKS(once > 0.9 && once < 1.1) << once;
  EXPECT_ON_ALL_RANKS(nothing < 0.1) << nothing;
}

// 1.1 million numbers are more than one piece: on one rank in checking.
TEST(Checkpoint, OfALargeNetworkIsWrittenInPieces) {
  const Scratch scratch;
  const std::string file = scratch.file("a");
  CpuDevice device;
  CheckpointHeader header;
  header.sizes = {1100, 1000};
  header.checksum = 7;  // of other numbers: the right one takes its place
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
  const std::string error = error_of([&] { write_checkpoint(scratch.file("a"), header_of_step(1), device, segments, MPI_COMM_WORLD); });
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
  expect_refused(file, "", "is empty, not a checkpoint");
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
  std::vector<size_t> places;
  for (size_t place = 0; place < good.size(); place += stride) places.push_back(place);
  const auto expect_noticed = [&](size_t place) {
    barrier();
    const std::string error = error_of([&] { check_checkpoint(file, MPI_COMM_WORLD); });
    const bool in_one_line = std::ranges::all_of(error, [](unsigned char c) { return c >= ' ' && c <= '~'; });
    EXPECT_ON_ALL_RANKS(error.starts_with(file + ": ") && in_one_line) << "byte " << place << ": " << error;
    barrier();
  };
  const auto put = [&](size_t place, char byte) {
    if (rank() == 0) std::fstream(file, std::ios::in | std::ios::out | std::ios::binary).seekp(long(place)).put(byte);
  };
  write_bytes(file, good);
  for (const size_t place : places) {
    put(place, char(good[place] ^ 1 << place * 5 % 8));
    expect_noticed(place);
    put(place, good[place]);
  }
  barrier();
  const std::string undamaged = error_of([&] { check_checkpoint(file, MPI_COMM_WORLD); });
  EXPECT_ON_ALL_RANKS(bytes_of(file) == good && undamaged.empty()) << undamaged;
  for (auto place = places.rbegin(); place != places.rend(); ++place) {
    if (rank() == 0) fs::resize_file(file, *place);
    expect_noticed(*place);
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
  EXPECT_EQ(refusal(header_with(first + kind + "data \nvectors 100\nstep 3\nchecksum of numbers 00000000000000ab\n")), "");
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
  for (const char* name : {"reproducible", "device", "replicas", "tensor", "levels"}) {
    found.options = {{name, "1"}};
    wanted.options = {{name, "2"}};
    EXPECT_EQ(require_same_run(found, wanted, "file"), std::string("--") + name + " 2: file was written with --" + name + " 1" + so);
  }
  for (const auto& [theirs, ours, says] : {std::array<std::string, 3>{"4", "2", "yes"}, {"4", "4", ""}, {"any", "2", ""}, {"4", "any", ""}}) {
    found.options = {{"replicas", theirs}, {"tensor", "2"}};
    wanted.options = {{"replicas", ours}, {"tensor", says.empty() ? "2" : "1"}};
    EXPECT_EQ(require_same_run(found, wanted, "file"), says.empty() ? "" : "--replicas 2: file was written with --replicas 4" + so +
                                                                               "\n--tensor 1: file was written with --tensor 2" + so);
  }
}
