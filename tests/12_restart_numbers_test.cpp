// What chapter 12's programs say of checkpoints whose numbers are chosen; a full disk, and calls of the system that take no more at once.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "chapters/12_restart/checkpoint_header.h"
#include "chapters/12_restart/checksum.h"
#include "chapters/12_restart/disk.h"
#include "chapters/12_restart/npy.h"
#include "chapters/12_restart/own_file.h"
#include "tests/error_of.h"
#include "tests/full_disk.h"
#include "tests/program.h"

namespace {

// A good checkpoint of step 4 with these numbers, as long as this lives.
struct File {
  using Options = std::vector<std::pair<std::string, std::string>>;
  const std::string name = testing::TempDir() + "words_" + std::to_string(getpid()) + "_" + std::to_string(++files);
  File(const std::vector<int>& sizes, const std::string& data, int vectors, const std::vector<float>& numbers, const Options& options = {}) {
    const CheckpointHeader header{.sizes = sizes, .data = data, .vectors = vectors, .step = 4, .checksum = checksum(numbers, 0), .options = options};
    std::ofstream(name, std::ios::binary) << to_bytes(header) << std::string(reinterpret_cast<const char*>(numbers.data()), 4 * numbers.size());
  }
  ~File() { std::filesystem::remove(name); }
  File(const File&) = delete;
  static inline int files = 0;
};

ProgramRun run(const std::string& command) {
  return run_program("env -u PMI_RANK -u PMI_SIZE -u PMI_FD sh common/mpi/launch 1 " + build_folder() + "/chapters/12_restart/" + command);
}

// What differs, whichever of the two has it; vectors that only one of them has are no equal ones.
TEST(Checkpoint, ComparesAllThatThereIs) {
  const File sgd({2, 1}, "ones", 1, {1, 2, 3}, {{"batch", "8"}, {"optimizer", "sgd"}});
  const File momentum({2, 1}, "twos", 2, {1, 2, 3, 4, 5, 6}, {{"batch", "8"}, {"momentum", "0.9"}, {"optimizer", "momentum"}});
  const auto differs = [](const char* what, const std::string& a, const std::string& b) {
    return std::string(what) + std::string(25 - std::string(what).size(), ' ') + a + " | " + b + "\n";
  };
  const std::string layers = "                            numbers       differ    max |a-b|     relative\n"
                             "layer 0 weights                   2            0            0            0\n"
                             "layer 0 biases                    1            0            0            0\n";
  for (const bool turned : {false, true}) {
    const auto both = [&](const char* what, const char* of_sgd, const char* of_momentum) {
      return turned ? differs(what, of_momentum, of_sgd) : differs(what, of_sgd, of_momentum);
    };
    const ProgramRun compared = run("checkpoint compare " + (turned ? momentum.name + " " + sgd.name : sgd.name + " " + momentum.name));
    EXPECT_EQ(compared.status, 1);
    EXPECT_EQ(compared.output, both("data", "ones", "twos") + both("vectors", "1", "2") + both("--momentum", "none", "0.9") + both("--optimizer", "sgd", "momentum") +
                                   layers + "they differ\n");
  }
}

// Of 2, 0 and -5 the mean is -1, and they are 3, 1 and 4 from it.
TEST(Checkpoint, CountsWhatIsNotFiniteByItself) {
  const File file({3, 2}, "some", 1, {2, 0, INFINITY, -5, NAN, -INFINITY, 7, 7});
  const ProgramRun told = run("checkpoint statistics " + file.name);
  EXPECT_EQ(told.status, 0);
  EXPECT_EQ(told.output, "                            numbers       least        mean    greatest   deviation    zeros  not finite\n"
                         "layer 0 weights                   6          -5          -1           2       2.944        1           3\n"
                         "layer 0 biases                    2           7           7           7           0        0           0\n");
}

// Outputs whose exponentials are no numbers: e^999 and e^1000. Of their parts e : 1 the larger one has 73.11 %.
TEST(Predict, KnowsLargeOutputs) {
  std::vector<float> numbers(4 * 3, 0.0f);
  numbers.insert(numbers.end(), {999, 1000, -1000});
  const File file({4, 3}, "1 x 2 x 2 pixels, 3 classes", 1, numbers);
  std::ofstream(file.name + ".pgm") << "P2 2 2 1 0 1 1 0";
  const ProgramRun told = run("predict --checkpoint " + file.name + " --images " + file.name + ".pgm");
  std::filesystem::remove(file.name + ".pgm");
  EXPECT_EQ(told.status, 0);
  for (const char* part : {" 0   26.89 %", " 1   73.11 %", " 2    0.00 %", "\nimage 0 is a 1\n"}) EXPECT_TRUE(contains(told.output, part));
}

// An older file of this name, and a longer one.
TEST(Npy, TakesThePlaceOfWhatWasThere) {
  const std::string file = testing::TempDir() + "numbers_" + std::to_string(getpid()) + ".npy";
  const std::vector<float> longer = {1, 2, 3}, numbers = {4, 5};
  write_npy(file, longer, {3});
  write_npy(file, numbers, {2});
  std::ifstream in(file, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  std::filesystem::remove(file);
  EXPECT_EQ(bytes, npy_header({2}) + std::string(reinterpret_cast<const char*>(numbers.data()), 8));
}

TEST(Npy, OnAFullDiskIsNamed) {
  SKIP_WITHOUT_FULL_DISK();
  const FullDisk full;
  EXPECT_EQ(error_of([&] { write_npy(full.file(), std::vector<float>{1, 2}, {2}); }), full.file() + ": cannot be written: No space left on device");
}

// Linux takes 2 GiB at once, less a page; no call asks for more. A file of five is written and read in pieces that follow each other.
TEST(OwnFile, AsksForNoMoreThanACallMayTake) {
  static size_t next;
  static bool well;
  constexpr size_t begin = 4096, all = size_t{5} << 30;
  void* const memory = mmap(nullptr, all, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  static const auto takes = [](size_t count, off_t place) {
    well = well && count <= 0x7ffff000 && size_t(place) == next;
    next += count;
    return ssize_t(count);
  };
  disk.write = [](int, const void*, size_t count, off_t place) { return takes(count, place); };
  disk.read = [](int, void*, size_t count, off_t place) { return takes(count, place); };
  OwnFile file("README.md", O_RDONLY);
  for (const bool writes : {true, false}) {
    next = begin, well = true;
    writes ? file.write(begin, memory, all) : file.read(begin, memory, all);
    EXPECT_TRUE(well && next == begin + all && file.problem().empty()) << next << file.problem();
  }
  disk = {};
  munmap(memory, all);
}

// A call may take, or give, one byte. The last one is no exception.
TEST(OwnFile, GoesOnByteByByte) {
  const std::string name = testing::TempDir() + "bytes_" + std::to_string(getpid()), text = "twelve bytes";
  disk.write = [](int file, const void* bytes, size_t, off_t place) { return pwrite(file, bytes, 1, place); };
  disk.read = [](int file, void* bytes, size_t, off_t place) { return pread(file, bytes, 1, place); };
  std::string found(text.size(), '?');
  {
    OwnFile file(name, O_RDWR | O_CREAT);
    file.write(3, text.data(), text.size());
    file.read(3, found.data(), found.size());
    EXPECT_EQ(file.problem(), "");
  }
  disk = {};
  EXPECT_EQ(found, text);
  EXPECT_EQ(std::filesystem::file_size(name), 3 + text.size());
  const mode_t mask = umask(0);  // anybody may read and write it whom the user's mask lets
  umask(mask);
  EXPECT_EQ(unsigned(std::filesystem::status(name).permissions()), 0666 & ~mask);
  std::filesystem::remove(name);
}

}  // namespace
