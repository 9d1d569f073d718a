// What common/ promises: random numbers, ranges, options, comparison, the IDX reader, batches.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <sstream>

#include "common/compare.h"
#include "common/dataset.h"
#include "common/error.h"
#include "common/hash.h"
#include "common/options.h"
#include "common/philox.h"
#include "common/statistics.h"
#include "tests/error_of.h"
#include "tests/plain_training.h"
#include "tests/program.h"

namespace {

// --- Statistics --------------------------------------------------------------------------------------------------------

// The ranks of tables of the sign test: 97.9 % for ranks 2 and 9 of 10 values, 95.9, 95.7, 97.1 (31 values), 95.4 for the others;
// one rank further in, each would hold less than 95 %.
TEST(Statistics, IntervalOfAMedian) {
  auto ranks = [](size_t n) {
    std::vector<double> values(n);
    for (size_t i = 0; i < n; ++i) values[i] = double(n - i);  // the value is its rank
    const Interval interval = median_interval(values);
    return std::pair<int, int>(interval.low, interval.high);
  };
  const std::pair<int, int> expected[] = {{1, 1}, {1, 5}, {1, 6}, {2, 9}, {6, 15}, {10, 21}, {10, 22}, {41, 61}};
  size_t at = 0;
  for (size_t n : {1, 5, 6, 10, 20, 30, 31, 101}) EXPECT_EQ(ranks(n), expected[at++]) << n << " values";
}

TEST(Statistics, Quantiles) {
  const std::vector<double> five = {50, 10, 40, 20, 30};
  const std::pair<double, double> expected[] = {{0, 10}, {0.24, 10}, {0.25, 20}, {0.5, 30}, {0.74, 30}, {0.75, 40}, {0.99, 40}, {1, 50}};
  for (const auto& [q, value] : expected) EXPECT_EQ(quantile(five, q), value) << q;
  EXPECT_EQ(median({4, 1, 3, 2}), 2);  // the lower of the two in the middle
  EXPECT_EQ(median({7}), 7);
}

// --- Tests ---------------------------------------------------------------------------------------------------------------

TEST(Assertions, DISABLED_None) {}

TEST(Assertions, ATestWithoutOneFails) {
  const ProgramRun run = run_program(build_folder() + "/tests/common_test --gtest_also_run_disabled_tests --gtest_filter=*DISABLED_None");
  EXPECT_EQ(run.status, 1);
  EXPECT_TRUE(contains(run.output, "the test ended without one assertion"));
}

// --- Philox ------------------------------------------------------------------------------------------------------------

// The known answers that Salmon et al. publish with their code (Random123, kat_vectors, philox4x32 with 10 rounds).
TEST(Philox, PublishedVectors) {
  EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}), (Philox4{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  const uint32_t ones = 0xffffffff;
  EXPECT_EQ(philox({ones, ones, ones, ones}, {ones, ones}), (Philox4{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Philox4{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Philox, UniformIsInRangeAndEven) {
  EXPECT_EQ(uniform(0), 0.0f);
  EXPECT_LT(uniform(0xffffffff), 1.0f);
  double sum = 0;
  for (uint64_t i = 0; i < 100000; ++i) sum += uniform(random_words(7, RandomStream::test, 3, i)[0]);
  EXPECT_NEAR(sum / 100000, 0.5, 5 * std::sqrt(1.0 / 12 / 100000));  // five standard deviations of the mean
}

TEST(Philox, SeedStreamGroupAndIndexAllMatter) {
  const Philox4 base = random_words(1, RandomStream::weights, 1, 1);
  EXPECT_NE(base, random_words(2, RandomStream::weights, 1, 1));
  EXPECT_NE(base, random_words(uint64_t{1} << 32 | 1, RandomStream::weights, 1, 1));
  EXPECT_NE(base, random_words(1, RandomStream::permutation, 1, 1));
  EXPECT_NE(base, random_words(1, RandomStream::weights, 2, 1));
  EXPECT_NE(base, random_words(1, RandomStream::weights, 1, uint64_t{1} << 32 | 1));
}

TEST(Philox, TestFloats) {
  const std::vector<float> values = test_floats(5, 7);
  ASSERT_EQ(values.size(), 5u);
  for (uint64_t i = 0; i < 5; ++i) EXPECT_EQ(values[i], float(random_words(1, RandomStream::test, 7, i)[0] >> 8) / 8388608 - 1);
  EXPECT_EQ(test_floats(5), test_floats(5, 0));
}

// --- Ranges --------------------------------------------------------------------------------------------------------------

TEST(Split, SharesCoverTheWholeOnceAndDifferByAtMostOne) {
  for (size_t n : {0, 1, 2, 7, 10, 128, 130})
    for (size_t parts : {1, 2, 3, 4, 5, 7, 8, 200}) {
      size_t next = 5;
      for (size_t i = 0; i < parts; ++i) {
        const Range part = share({5, 5 + n}, parts, i);
        EXPECT_EQ(part.first, next);
        EXPECT_GE(part.size(), n / parts);
        EXPECT_LE(part.size(), (n + parts - 1) / parts);
        next = part.last;
      }
      EXPECT_EQ(next, 5 + n);
    }
}

TEST(Split, SharesOfHugeRangesDoNotOverflow) {
  const size_t n = ~size_t{0} / 2;
  EXPECT_EQ(share(n, 1000, 999).last, n);
  EXPECT_NEAR(double(share(n, 1000, 500).first), double(n) / 2, double(n) / 1e6);
}

TEST(Split, BatchesKeepTheLastPartialOne) {
  EXPECT_EQ(batches(10, 4), (std::vector<Range>{{0, 4}, {4, 8}, {8, 10}}));
  EXPECT_EQ(batches(8, 4), (std::vector<Range>{{0, 4}, {4, 8}}));
  EXPECT_TRUE(batches(0, 4).empty());
}

// --- Options -------------------------------------------------------------------------------------------------------------

struct OptionsTest : testing::Test {
  int64_t rows = 7;
  double rate = 0.5;
  bool flag = false;
  std::string kind = "a";
  std::vector<int64_t> list = {1, 2};

  bool parse(std::vector<const char*> words) {
    Options options("summary");
    options.add("rows", &rows, "rows of a batch", at_least(1));
    options.add("rate", &rate, "step", between(0, 1));
    options.add("flag", &flag, "a flag");
    options.add("kind", &kind, "which", {"a", "b"});
    options.add("list", &list, "widths", at_least(1));
    words.insert(words.begin(), "program");
    return options.parse(int(words.size()), words.data(), true);
  }
  std::string problem(std::vector<const char*> words) {
    return error_of([&] { parse(words); });
  }
};

TEST_F(OptionsTest, DefaultsStayAndValuesAreSet) {
  EXPECT_TRUE(parse({}));
  EXPECT_EQ(rows, 7);
  EXPECT_TRUE(parse({"--rows", "3", "--rate=0.25", "--flag", "--kind", "b", "--list", "4,5,6"}));
  EXPECT_EQ(rows, 3);
  EXPECT_EQ(rate, 0.25);
  EXPECT_TRUE(flag);
  EXPECT_EQ(kind, "b");
  EXPECT_EQ(list, (std::vector<int64_t>{4, 5, 6}));
  EXPECT_TRUE(parse({"--list", "none"}));
  EXPECT_TRUE(list.empty());
}

TEST_F(OptionsTest, HelpIsMadeFromTheDeclarations) {
  const auto answer = [](const Options& options, const char* word, bool quiet) {
    testing::internal::CaptureStdout();
    const char* const words[] = {"program", word};
    Options copy = options;
    EXPECT_FALSE(copy.parse(2, words, quiet));
    return testing::internal::GetCapturedStdout();
  };
  Options options("summary");
  options.add("rows", &rows, "rows of a batch", at_least(1));
  options.add("rate", &rate, "step", between(0, 1));
  options.add("most", &rate, "step", {.high = 1.2345678901234e-7});
  options.add("any", &rate, "step");
  options.add("flag", &flag, "a flag");
  options.add("kind", &kind, "which", {"a", "b"});
  options.add("list", &list, "widths", at_least(1));
  std::vector<int64_t> nothing;
  options.add("none", &nothing, "widths");
  std::string text;
  options.add("name", &text, "of the run");
  const std::string help =
      "summary\n\noptions:\n"
      "  --rows N       rows of a batch (at least 1) [7]\n"
      "  --rate X       step (0 to 1) [0.5]\n"
      "  --most X       step (at most 1.23456789012e-07) [0.5]\n"
      "  --any X        step [0.5]\n"
      "  --flag         a flag\n"
      "  --kind a|b     which [a]\n"
      "  --list N,N,..  widths (at least 1) [1,2]\n"
      "  --none N,N,..  widths [none]\n"
      "  --name TEXT    of the run\n"
      "  --help         this text\n";
  EXPECT_EQ(options.help(), help);
  EXPECT_EQ(answer(options, "--help", false), help);
  EXPECT_EQ(answer(options, "-h", false), help);
  EXPECT_EQ(answer(options, "--help", true), "");
  Options small("");
  small.add("x", &flag, "a flag");
  EXPECT_EQ(small.help(), "\n\noptions:\n  --x     a flag\n  --help  this text\n");
}

TEST_F(OptionsTest, EveryMistakeNamesOptionAndValue) {
  EXPECT_EQ(problem({"--rowz", "3"}), "unknown option --rowz (--help lists the options)");
  EXPECT_EQ(problem({"rows"}), "unexpected argument 'rows' (--help lists the options)");
  EXPECT_EQ(problem({"--rows"}), "--rows needs a value");
  EXPECT_EQ(problem({"--rows", "0"}), "--rows: 0 is out of range, expected at least 1");
  EXPECT_EQ(problem({"--rows", "3x"}), "--rows: '3x' is not a whole number that fits");
  EXPECT_EQ(problem({"--rows", "1.5"}), "--rows: '1.5' is not a whole number that fits");
  EXPECT_EQ(problem({"--rows", "99999999999999999999"}), "--rows: '99999999999999999999' is not a whole number that fits");
  EXPECT_EQ(problem({"--rows="}), "--rows: '' is not a whole number that fits");
  EXPECT_EQ(problem({"--rate", "nan"}), "--rate: 'nan' is not a number that fits");
  EXPECT_EQ(problem({"--rate", "inf"}), "--rate: 'inf' is not a number that fits");
  EXPECT_EQ(problem({"--rate", "2"}), "--rate: 2 is out of range, expected 0 to 1");
  EXPECT_EQ(problem({"--rate", "-0.5"}), "--rate: -0.5 is out of range, expected 0 to 1");
  EXPECT_EQ(problem({"--rows", "1", "--rate", "0", "--rate", "1", "--list", "1"}), "") << "the ends of a range belong to it";
  EXPECT_EQ(problem({"--flag=1"}), "--flag takes no value");
  EXPECT_EQ(problem({"--kind", "c"}), "--kind: 'c' is not one of a|b");
  EXPECT_EQ(problem({"--list", "1,,2"}), "--list: '' is not a whole number that fits");
  EXPECT_EQ(problem({"--list", "3,0"}), "--list: 0 is out of range, expected at least 1");
  EXPECT_EQ(problem({"--list="}), "--list: '' is not a list like 512,256");
  EXPECT_EQ(problem({"--list", "1,"}), "--list: '1,' is not a list like 512,256");
}

// --- Comparison ------------------------------------------------------------------------------------------------------------

TEST(Compare, MeasuresDistance) {
  const std::vector<float> a = {1, 2, 3}, b = {1, 2.5, 3}, origin = {1, 2.5, 0};
  const Distance d = compare(a, b, origin);
  EXPECT_EQ(d.max_abs, 0.5);
  EXPECT_EQ(d.different, 1u);
  EXPECT_EQ(d.first, 1u);
  EXPECT_DOUBLE_EQ(d.relative, 0.5 / 3);
  EXPECT_EQ(d.size, 3u);
  EXPECT_TRUE(d.within(0.5));
  EXPECT_FALSE(d.within(0.499));
  EXPECT_TRUE(compare(a, a).same_bits());
  EXPECT_EQ(compare(a, a).relative, 0) << "0 / 0";
  const Distance far = compare(std::vector<float>{3, 9, 4}, std::vector<float>{3, 10, 2});
  EXPECT_EQ(far.different, 2u);
  EXPECT_EQ(far.first, 1u);
  EXPECT_EQ(far.max_abs, 2);
  EXPECT_DOUBLE_EQ(far.relative, std::sqrt(5.0 / 113));
  std::ostringstream text;
  text << compare(a, a) << "; " << d;
  EXPECT_EQ(text.str(),
            "max |a-b| = 0, relative 0, 0 of 3 differ in bits; max |a-b| = 0.5, relative 0.166667, 1 of 3 differ in bits, the first at 1");
  EXPECT_FALSE(compare(std::vector{0.0f}, std::vector{-0.0f}).same_bits());
}

TEST(Compare, NanAndInfinityAreNeverWithinABound) {
  for (float bad : {NAN, INFINITY}) {
    const std::vector<float> a = {bad, 1}, b = {0, 1};
    EXPECT_FALSE(compare(a, b).within(1e30));
    EXPECT_FALSE(compare(b, a).within(1e30));
    EXPECT_FALSE(compare(a, a).within(1e30)) << "NaN - NaN and inf - inf are not 0";
  }
}

TEST(Compare, EmptyOrUnequalArraysAreAnError) {
  const std::vector<float> none, one = {1}, two = {1, 2};
  EXPECT_EQ(error_of([&] { compare(none, none); }), "compare: arrays of 0, 0 and 0 values");
  EXPECT_EQ(error_of([&] { compare(one, two); }), "compare: arrays of 1, 2 and 0 values");
  EXPECT_EQ(error_of([&] { compare(two, two, one); }), "compare: arrays of 2, 2 and 1 values");
}

TEST(Hash, ChangesWithAnyBit) {
  const std::vector<float> a = {1, 2, 0.0f}, b = {1, 2, -0.0f}, c = {2, 1, 0.0f};
  EXPECT_EQ(hash_bits(a), hash_bits(a));
  EXPECT_NE(hash_bits(a), hash_bits(b));
  EXPECT_NE(hash_bits(a), hash_bits(c));
  EXPECT_EQ(hash_text("foobar"), 0x85944171f73967e8u) << "published by Fowler, Noll and Vo";
  const std::string bytes("\x00\x00\x80\x3f\x00\x00\x00\xc0", 8);  // 1 and -2, lowest byte first
  EXPECT_EQ(hash_bits(std::vector<float>{1, -2}), hash_text(bytes));
}

// --- Data set --------------------------------------------------------------------------------------------------------------

std::string big_endian(uint32_t v) { return {char(v >> 24), char(v >> 16), char(v >> 8), char(v)}; }

struct DatasetTest : testing::Test {
  std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("idx_test_" + std::to_string(getpid()));
  std::string images = (folder / "images").string(), labels = (folder / "labels").string();
  std::string good_images = big_endian(0x803) + big_endian(2) + big_endian(1) + big_endian(3) + "\x01\x02\x03\x04\x05\xff";
  std::string good_labels = big_endian(0x801) + big_endian(2) + std::string("\x09\x00", 2);

  void SetUp() override { std::filesystem::create_directory(folder); }
  void TearDown() override { std::filesystem::remove_all(folder); }
  void write(const std::string& file, const std::string& bytes) { std::ofstream(file, std::ios::binary) << bytes; }
  // The problem with these files, without the folder's name.
  std::string problem(const std::string& image_bytes, const std::string& label_bytes) {
    write(images, image_bytes);
    write(labels, label_bytes);
    std::string text = error_of([&] { read_idx(images, labels, 10); });
    for (size_t at; (at = text.find(folder.string() + "/")) != std::string::npos;)
      text.erase(at, folder.string().size() + 1);
    return text;
  }
};

TEST_F(DatasetTest, ReadsAndGathers) {
  EXPECT_EQ(problem(good_images, good_labels), "");
  const Dataset data = read_idx(images, labels);
  EXPECT_EQ((std::vector{data.count, data.height, data.width, data.features()}), (std::vector<size_t>{2, 1, 3, 3}));
  EXPECT_EQ(data.pixels, (std::vector<uint8_t>{1, 2, 3, 4, 5, 255}));
  EXPECT_EQ(data.labels, (std::vector<uint8_t>{9, 0}));
  const std::vector<uint32_t> order = {1, 0};
  std::vector<float> x(6);
  std::vector<int> y(2);
  gather_images(x.data(), data, order, {0, 2});
  gather_labels(y.data(), data, order, {0, 2});
  EXPECT_EQ(y, (std::vector<int>{0, 9}));
  EXPECT_EQ(x[2], 1.0f);
  EXPECT_FLOAT_EQ(x[3], 1 / 255.0f);
  gather_images(x.data(), data, order, {1, 2});
  EXPECT_FLOAT_EQ(x[0], 1 / 255.0f);
  gather_labels(y.data(), data, order, {1, 2});
  EXPECT_EQ(y, (std::vector<int>{9, 9}));
}

TEST_F(DatasetTest, EveryDamageIsNamed) {
  EXPECT_EQ(problem("", good_labels), "images: is empty");
  EXPECT_EQ(problem("\x1f\x8b\x08", good_labels), "images: is compressed by gzip, unpack it first (`gzip -dk FILE`)");
  EXPECT_EQ(problem("\x1f\x8b", good_labels), "images: is compressed by gzip, unpack it first (`gzip -dk FILE`)");
  EXPECT_EQ(problem("\x1f", good_labels), "images: header cut short: 1 bytes, expected 16");
  EXPECT_EQ(problem("\x1f\x01", good_labels), "images: header cut short: 2 bytes, expected 16");
  EXPECT_EQ(problem("\x01\x8b", good_labels), "images: header cut short: 2 bytes, expected 16");
  EXPECT_EQ(problem(good_images, good_labels.substr(0, 7)), "labels: header cut short: 7 bytes, expected 8");
  EXPECT_EQ(problem(good_images.substr(0, 15), good_labels), "images: header cut short: 15 bytes, expected 16");
  EXPECT_EQ(problem(good_images.substr(0, 16), good_labels), "images: cut short: 16 bytes, expected 22");
  const std::string header = big_endian(0x803);
  EXPECT_EQ(problem(header + big_endian(100'000'000) + big_endian(4096) + big_endian(4096), good_labels),
            "images: cut short: 16 bytes, expected 1677721600000016");
  EXPECT_EQ(problem(header + big_endian(100'000'001) + big_endian(1) + big_endian(1), good_labels),
            "images: dimension 0 is 100000001, expected 1 to 100000000");
  EXPECT_EQ(problem(header + big_endian(1) + big_endian(1) + big_endian(4097), good_labels),
            "images: dimension 2 is 4097, expected 1 to 4096");
  EXPECT_EQ(problem(good_images.substr(0, 9), good_labels), "images: header cut short: 9 bytes, expected 16");
  EXPECT_EQ(problem(good_images.substr(0, 20), good_labels), "images: cut short: 20 bytes, expected 22");
  EXPECT_EQ(problem(good_images + "x", good_labels), "images: too long: 23 bytes, expected 22");
  EXPECT_EQ(problem(good_labels + good_labels, good_labels), "images: wrong magic number 2049, expected 2051");
  EXPECT_EQ(problem(good_images, good_images), "labels: wrong magic number 2051, expected 2049");
  EXPECT_EQ(problem(good_images.substr(0, 8) + big_endian(0) + good_images.substr(12), good_labels),
            "images: dimension 1 is 0, expected 1 to 4096");
  EXPECT_EQ(problem(good_images.substr(0, 8) + big_endian(4097) + good_images.substr(12), good_labels),
            "images: dimension 1 is 4097, expected 1 to 4096");
  EXPECT_EQ(problem(good_images.substr(0, 4) + big_endian(0xffffffff) + good_images.substr(8), good_labels),
            "images: dimension 0 is 4294967295, expected 1 to 100000000");
  EXPECT_EQ(problem(good_images, good_labels.substr(0, 8) + std::string("\x09\x0a", 2)), "labels: label 1 is 10, expected 0 to 9");
  EXPECT_EQ(problem(good_images, big_endian(0x801) + big_endian(1) + "\x01"), "labels: 1 labels, but images has 2 images");
}

// The number of classes is a property of the training half, and the test half must fit.
TEST_F(DatasetTest, ClassesComeFromTheLargestLabel) {
  EXPECT_EQ(problem(good_images, good_labels.substr(0, 8) + std::string("\x19\x03", 2)), "labels: label 0 is 25, expected 0 to 9");
  EXPECT_EQ(read_idx(images, labels).classes, 26u);
  EXPECT_EQ(read_idx(images, labels, 30).classes, 30u);
}

TEST_F(DatasetTest, MissingFileAndFolderAreNamed) {
  write(labels, good_labels);
  EXPECT_EQ(error_of([&] { read_idx(images, labels); }), images + ": cannot open: No such file or directory");
  EXPECT_EQ(error_of([&] { read_idx(folder.string(), labels); }), folder.string() + ": is a directory, expected an IDX file");
  if (!std::filesystem::exists("/proc/self/mem")) return;
  // It opens, and cannot be read at its beginning: as a disk that fails.
  EXPECT_EQ(error_of([&] { read_idx("/proc/self/mem", labels); }), "/proc/self/mem: cannot read: Input/output error");
}

// 23.5 MB, in a file with holes. The system gives a page when it is touched first: once for each, if no vector grows on the way.
TEST_F(DatasetTest, ALargeFileIsReadToItsPlaceAtOnce) {
  const uint32_t count = 30'011;
  write(images, big_endian(0x803) + big_endian(count) + big_endian(28) + big_endian(28));
  write(labels, big_endian(0x801) + big_endian(count));
  std::filesystem::resize_file(images, 16 + size_t{count} * 784 - 1);
  std::filesystem::resize_file(labels, 8 + count);
  std::ofstream(images, std::ios::binary | std::ios::app) << '\x07';
  rusage before{}, after{};
  getrusage(RUSAGE_SELF, &before);
  const Dataset data = read_idx(images, labels);
  getrusage(RUSAGE_SELF, &after);
  EXPECT_LE(after.ru_minflt - before.ru_minflt, 1.5 * double(count) * 784 / double(sysconf(_SC_PAGESIZE)) + 200);
  EXPECT_TRUE(data.pixels.size() == size_t{count} * 784 && data.pixels.front() == 0 && data.pixels.back() == 7);
}

TEST_F(DatasetTest, ATruncatedArchiveLeavesNoFileBehind) {
  const std::string name = "t10k-labels-idx1-ubyte.gz", copy = (folder / name).string(), target = (folder / "out").string();
  std::filesystem::copy("common/data/mnist/SHA256SUMS", folder / "SHA256SUMS");
  std::filesystem::copy("common/data/mnist/" + name, copy);
  const std::string unpack = "sh common/data/unpack.sh " + copy + " " + target;
  EXPECT_TRUE(run_program(unpack).status == 0 && std::filesystem::remove(target));
  std::filesystem::resize_file(copy, 4000);
  const ProgramRun cut = run_program(unpack);
  EXPECT_EQ(cut.output, "error: " + copy + ": is cut short or damaged (gzip cannot unpack it)\n");
  EXPECT_NE(cut.status, 0);
  write(copy, "");
  EXPECT_NE(run_program(unpack).status, 0);
  EXPECT_FALSE(std::filesystem::exists(target) || std::filesystem::exists(target + ".new"));
}

TEST_F(DatasetTest, AnArchiveWithAnotherChecksumIsRefused) {
  const std::string name = "t10k-labels-idx1-ubyte.gz", copy = (folder / name).string(), target = (folder / "out").string();
  std::filesystem::copy("common/data/mnist/SHA256SUMS", folder / "SHA256SUMS");
  write((folder / "plain").string(), good_labels);
  ASSERT_EQ(run_program("gzip -c " + (folder / "plain").string() + " > " + copy).status, 0);
  const ProgramRun other = run_program("sh common/data/unpack.sh " + copy + " " + target);
  EXPECT_TRUE(contains(other.output, "checksum is"));
  EXPECT_NE(other.status, 0);
  EXPECT_FALSE(std::filesystem::exists(target));
}

TEST(Permutation, IsOneAndDependsOnSeedAndEpochOnly) {
  const std::vector<uint32_t> order = permutation(1, 0, 1000);
  EXPECT_EQ(order, permutation(1, 0, 1000));
  EXPECT_NE(order, permutation(2, 0, 1000));
  EXPECT_NE(order, permutation(1, 1, 1000));
  std::vector<uint32_t> sorted = order, all(1000);
  std::sort(sorted.begin(), sorted.end());
  std::iota(all.begin(), all.end(), 0u);
  EXPECT_EQ(sorted, all);
  EXPECT_EQ(permutation(1, 0, 1), std::vector<uint32_t>{0});
  EXPECT_TRUE(permutation(1, 0, 0).empty());
  const std::vector<size_t> plainly = plain::shuffled(7, 3, 100);
  EXPECT_EQ(permutation(7, 3, 100), std::vector<uint32_t>(plainly.begin(), plainly.end()));
}

// Every sample is equally likely to come first: 6000 shuffles of 6, expected 1000 each, standard deviation 29.
TEST(Permutation, IsEven) {
  std::vector<int> first(6);
  for (uint32_t epoch = 0; epoch < 6000; ++epoch) ++first[permutation(3, epoch, 6)[0]];
  for (int count : first) EXPECT_NEAR(count, 1000, 5 * 29);
}

}  // namespace
