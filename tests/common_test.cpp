// What common/ promises: random numbers, ranges, options, comparison, the IDX reader, batches, the run record.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <numeric>

#include "common/compare.h"
#include "common/dataset.h"
#include "common/error.h"
#include "common/hash.h"
#include "common/options.h"
#include "common/philox.h"
#include "common/progress.h"
#include "common/run_record.h"
#include "common/statistics.h"
#include "tests/program.h"

namespace {

// The text of the Error that `body` throws; empty if it throws none.
template <class Body>
std::string error_of(Body body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

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

// --- Philox ------------------------------------------------------------------------------------------------------------

// The known answers that Salmon et al. publish with their code (Random123, kat_vectors, philox4x32 with 10 rounds).
TEST(Philox, PublishedVectors) {
  EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}), (Philox4{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  const uint32_t ones = 0xffffffff;
  EXPECT_EQ(philox({ones, ones, ones, ones}, {ones, ones}),
            (Philox4{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
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
  EXPECT_FALSE(parse({"--help"}));
  Options options("summary");
  options.add("rows", &rows, "rows of a batch", at_least(1));
  EXPECT_EQ(options.help(),
            "summary\n\noptions:\n  --rows N  rows of a batch (at least 1) [7]\n  --help    this text\n");
}

TEST_F(OptionsTest, EveryMistakeNamesOptionAndValue) {
  EXPECT_EQ(problem({"--rowz", "3"}), "unknown option --rowz (--help lists the options)");
  EXPECT_EQ(problem({"rows"}), "unexpected argument 'rows' (--help lists the options)");
  EXPECT_EQ(problem({"--rows"}), "--rows needs a value");
  EXPECT_EQ(problem({"--rows", "0"}), "--rows: 0 is out of range, expected at least 1");
  EXPECT_EQ(problem({"--rows", "3x"}), "--rows: '3x' is not a whole number that fits");
  EXPECT_EQ(problem({"--rows", "1.5"}), "--rows: '1.5' is not a whole number that fits");
  EXPECT_EQ(problem({"--rows", "99999999999999999999"}),
            "--rows: '99999999999999999999' is not a whole number that fits");
  EXPECT_EQ(problem({"--rows="}), "--rows: '' is not a whole number that fits");
  EXPECT_EQ(problem({"--rate", "nan"}), "--rate: 'nan' is not a number that fits");
  EXPECT_EQ(problem({"--rate", "2"}), "--rate: 2 is out of range, expected 0 to 1");
  EXPECT_EQ(problem({"--flag=1"}), "--flag takes no value");
  EXPECT_EQ(problem({"--kind", "c"}), "--kind: 'c' is not one of a|b");
  EXPECT_EQ(problem({"--list", "1,,2"}), "--list: '' is not a whole number that fits");
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
  EXPECT_TRUE(compare(a, a).same_bits());
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
  EXPECT_NE(error_of([&] { compare(none, none); }), "");
  EXPECT_NE(error_of([&] { compare(one, two); }), "");
  EXPECT_NE(error_of([&] { compare(two, two, one); }), "");
}

TEST(Hash, ChangesWithAnyBit) {
  const std::vector<float> a = {1, 2, 0.0f}, b = {1, 2, -0.0f}, c = {2, 1, 0.0f};
  EXPECT_EQ(hash_bits(a), hash_bits(a));
  EXPECT_NE(hash_bits(a), hash_bits(b));
  EXPECT_NE(hash_bits(a), hash_bits(c));
}

// --- Data set --------------------------------------------------------------------------------------------------------------

std::string big_endian(uint32_t v) { return {char(v >> 24), char(v >> 16), char(v >> 8), char(v)}; }

struct DatasetTest : testing::Test {
  std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("idx_test_" + std::to_string(getpid()));
  std::string images = (folder / "images").string(), labels = (folder / "labels").string();
  std::string good_images =
      big_endian(0x803) + big_endian(2) + big_endian(1) + big_endian(3) + "\x01\x02\x03\x04\x05\xff";
  std::string good_labels = big_endian(0x801) + big_endian(2) + std::string("\x09\x00", 2);

  void SetUp() override { std::filesystem::create_directory(folder); }
  void TearDown() override { std::filesystem::remove_all(folder); }
  void write(const std::string& file, const std::string& bytes) {
    std::ofstream(file, std::ios::binary) << bytes;
  }
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
  EXPECT_EQ(data.count, 2u);
  EXPECT_EQ(data.features(), 3u);
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
}

TEST_F(DatasetTest, EveryDamageIsNamed) {
  EXPECT_EQ(problem("", good_labels), "images: is empty");
  EXPECT_EQ(problem("\x1f\x8b\x08", good_labels),
            "images: is compressed by gzip, unpack it first (`gzip -dk FILE`)");
  EXPECT_EQ(problem(good_images.substr(0, 9), good_labels), "images: header cut short: 9 bytes, expected 16");
  EXPECT_EQ(problem(good_images.substr(0, 20), good_labels), "images: cut short: 20 bytes, expected 22");
  EXPECT_EQ(problem(good_images + "x", good_labels), "images: too long: 23 bytes, expected 22");
  EXPECT_EQ(problem(good_labels + good_labels, good_labels),
            "images: wrong magic number 2049, expected 2051");
  EXPECT_EQ(problem(good_images, good_images), "labels: wrong magic number 2051, expected 2049");
  EXPECT_EQ(problem(good_images.substr(0, 8) + big_endian(0) + good_images.substr(12), good_labels),
            "images: dimension 1 is 0, expected 1 to 4096");
  EXPECT_EQ(problem(good_images.substr(0, 8) + big_endian(4097) + good_images.substr(12), good_labels),
            "images: dimension 1 is 4097, expected 1 to 4096");
  EXPECT_EQ(problem(good_images.substr(0, 4) + big_endian(0xffffffff) + good_images.substr(8), good_labels),
            "images: dimension 0 is 4294967295, expected 1 to 100000000");
  EXPECT_EQ(problem(good_images, good_labels.substr(0, 8) + std::string("\x09\x0a", 2)),
            "labels: label 1 is 10, expected 0 to 9");
  EXPECT_EQ(problem(good_images, big_endian(0x801) + big_endian(1) + "\x01"),
            "labels: 1 labels, but images has 2 images");
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
  EXPECT_EQ(error_of([&] { read_idx(folder.string(), labels); }),
            folder.string() + ": is a directory, expected an IDX file");
}

TEST_F(DatasetTest, ATruncatedArchiveLeavesNoFileBehind) {
  const std::string name = "t10k-labels-idx1-ubyte.gz", copy = (folder / name).string(),
                    target = (folder / "out").string();
  std::filesystem::copy("common/data/mnist/SHA256SUMS", folder / "SHA256SUMS");
  std::filesystem::copy("common/data/mnist/" + name, copy);
  const std::string unpack = "sh common/data/unpack.sh " + copy + " " + target;
  EXPECT_EQ(run_program(unpack).status, 0);
  EXPECT_TRUE(std::filesystem::remove(target));
  std::filesystem::resize_file(copy, 4000);
  const ProgramRun cut = run_program(unpack);
  EXPECT_EQ(cut.output, "error: " + copy + ": is cut short or damaged (gzip cannot unpack it)\n");
  EXPECT_NE(cut.status, 0);
  write(copy, "");
  EXPECT_NE(run_program(unpack).status, 0);
  EXPECT_FALSE(std::filesystem::exists(target));
  EXPECT_FALSE(std::filesystem::exists(target + ".new"));
}

TEST_F(DatasetTest, AnArchiveWithAnotherChecksumIsRefused) {
  const std::string name = "t10k-labels-idx1-ubyte.gz", copy = (folder / name).string(),
                    target = (folder / "out").string();
  std::filesystem::copy("common/data/mnist/SHA256SUMS", folder / "SHA256SUMS");
  write((folder / "plain").string(), good_labels);
  ASSERT_EQ(run_program("gzip -c " + (folder / "plain").string() + " > " + copy).status, 0);
  const ProgramRun other = run_program("sh common/data/unpack.sh " + copy + " " + target);
  EXPECT_NE(other.output.find("checksum is"), std::string::npos) << other.output;
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
}

// Every sample is equally likely to come first: 6000 shuffles of 6, expected 1000 each, standard deviation 29.
TEST(Permutation, IsEven) {
  std::vector<int> first(6);
  for (uint32_t epoch = 0; epoch < 6000; ++epoch) ++first[permutation(3, epoch, 6)[0]];
  for (int count : first) EXPECT_NEAR(count, 1000, 5 * 29);
}

// --- Run record, progress ------------------------------------------------------------------------------------------------

TEST(RunRecord, WritesOneLineAStep) {
  const std::string file =
      (std::filesystem::temp_directory_path() / ("record_" + std::to_string(getpid()))).string();
  {
    RunRecord record(file);
    record.add(1, 2.5, -1, 1000);
    record.add(1, 2.5, 0.975, 1000);
  }
  std::ifstream in(file);
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  EXPECT_EQ(text, "step,loss,accuracy,samples_per_second\n1,2.5,,1000\n1,2.5,0.975,1000\n");
  std::filesystem::remove(file);
}

TEST(RunRecord, OfAContinuedRunKeepsWhatWasBefore) {
  const std::string file = testing::TempDir() + "continued_" + std::to_string(getpid()) + ".csv";
  {
    RunRecord record(file);
    for (size_t step : {1, 2, 3}) record.add(step, 0.5, -1, 10);
  }
  { RunRecord(file, 2).add(3, 0.25, -1, 10); }
  std::ifstream in(file);
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  EXPECT_EQ(text, "step,loss,accuracy,samples_per_second\n1,0.5,,10\n2,0.5,,10\n3,0.25,,10\n");
  std::remove(file.c_str());
}

// The run that wrote it died at any byte: what is whole is kept, and the record goes on as if nothing had happened.
TEST(RunRecord, CutAnywhereIsContinued) {
  const std::string file = testing::TempDir() + "cut_" + std::to_string(getpid()) + ".csv";
  const auto text_of = [&] {
    std::ifstream in(file);
    return std::string{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  };
  const std::vector<size_t> steps = {9, 10, 10, 11, 102};
  {
    RunRecord record(file);
    for (size_t step : steps) record.add(step, 0.5, -1, 10);
  }
  const std::string whole = text_of();
  for (size_t length = 0; length <= whole.size(); ++length) {
    const std::string kept = whole.substr(0, length);
    const size_t lines = size_t(std::count(kept.begin(), kept.end(), '\n'));
    std::ofstream(file) << kept;
    {
      RunRecord record(file, 102);
      for (size_t i = lines > 0 ? lines - 1 : 0; i < steps.size(); ++i) record.add(steps[i], 0.5, -1, 10);
    }
    ASSERT_EQ(text_of(), whole) << "cut at byte " << length;
  }
  std::remove(file.c_str());
}

TEST(RunRecord, WhatIsNoRecordIsNotContinued) {
  const std::string file = testing::TempDir() + "other_" + std::to_string(getpid()) + ".csv";
  for (const std::string text : {"trial,rung,epochs\n1,2,3\n", "step,loss\n1,2\n", "# notes\n", "no line"}) {
    std::ofstream(file) << text;
    EXPECT_EQ(error_of([&] { RunRecord(file, 5); }),
              file + ": cannot be continued, its first line is not step,loss,accuracy,samples_per_second");
    EXPECT_EQ(std::filesystem::file_size(file), text.size());
  }
  std::remove(file.c_str());
}

TEST(RunRecord, UnwritableFilesAndFullDisksAreNamed) {
  EXPECT_EQ(error_of([] { RunRecord record("/no/such/folder/log.csv"); }),
            "/no/such/folder/log.csv: cannot write the log: No such file or directory");
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "skipped: no /dev/full on this system";
  EXPECT_NE(error_of([] {
              RunRecord record("/dev/full");
              record.add(1, 1, 1, 1);
            }),
            "");
}

TEST(Progress, IsSilentWhereTheOutputIsNoTerminal) {
  testing::internal::CaptureStdout();
  {
    Progress progress(2, 10, true);
    progress.step("loss 1");
    progress.step("loss 0");
  }
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
}

// What is drawn on a terminal of this kind (the TERM of the environment).
std::string drawn_on(const char* kind) {
  const int outside = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
  if (outside < 0 || grantpt(outside) != 0 || unlockpt(outside) != 0) return "no terminal can be made";
  std::fflush(stdout);
  const int inside = open(ptsname(outside), O_RDWR | O_NOCTTY), usual = dup(STDOUT_FILENO);
  dup2(inside, STDOUT_FILENO);
  setenv("TERM", kind, 1);
  {
    Progress progress(1, 10, true);
    progress.step("loss 1");
  }
  dup2(usual, STDOUT_FILENO);
  char text[200];
  const ssize_t length = read(outside, text, sizeof text);
  for (const int file : {outside, inside, usual}) close(file);
  return std::string(text, size_t(std::max(length, ssize_t{0})));
}

TEST(Progress, IsDrawnWhereTheTerminalCanDraw) {
  EXPECT_NE(drawn_on("xterm").find("100 %"), std::string::npos);
  EXPECT_EQ(drawn_on("dumb"), "");
}

}  // namespace
