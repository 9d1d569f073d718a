// Files that are damaged at random, see mutations.h: 800,000 headers of checkpoints and data sets. (The records of chapter 14 are in
// 14_search_long_test.cpp.)
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "chapters/12_restart/checkpoint_header.h"
#include "common/error.h"
#include "tests/mpi_expect.h"
#include "tests/mutations.h"

namespace {

TEST(Damage, OfAHeaderIsRefusedHoweverItIs) {
  CheckpointHeader header{.sizes = {13, 11, 5}, .data = "4 x 2", .vectors = 3, .step = 7, .checksum = 0xab, .options = {}};
  header.options = {{"batch", "128"}, {"learning-rate", "0.1"}};
  const std::string good = to_bytes(header), lines = good.substr(0, good.find("\n\n") + 1);
  std::mt19937_64 random(1);
  const int all = inputs(500'000);
  int refused = 0, whole = 0;
  for (int i = 0; i < all; ++i) {
    std::string start = mutation(lines, random);
    if (i % 8 != 0) start.resize(4096, '\n');  // or it is cut short
    std::string again;
    const std::string error = error_of([&] { again = to_bytes(parse_checkpoint_header(start, "file")); });
    ASSERT_TRUE(error.empty() ? again == good && start == good : error.starts_with("file: ") && in_one_line(error)) << i << ": " << error;
    ++(error.empty() ? whole : refused);
  }
  EXPECT_GT(refused, all / 100 * 98);
  EXPECT_EQ(refused + whole, all);
}

// They have no checksum: what is read is other data, or the same.
TEST(Damage, OfDataIsRefusedOrMakesOtherData) {
  const std::string images("\0\0\x08\x03\0\0\0\x04\0\0\0\x03\0\0\0\x02" "abcdefghijklmnopqrstuvwx", 40);
  const std::string labels("\0\0\x08\x01\0\0\0\x04\x01\0\x02\x01", 12), folder = testing::TempDir() + "damage_" + std::to_string(getpid());
  const std::string names[] = {folder + "_images", folder + "_labels"};
  const auto write = [](const std::string& name, const std::string& bytes) { std::ofstream(name, std::ios::binary) << bytes; };
  write(names[0], images), write(names[1], labels);
  const std::string good = data_of(read_idx(names[0], names[1]));
  std::mt19937_64 random(1);
  const int all = inputs(300'000);
  int read = 0;
  for (int i = 0; i < all; ++i) {
    const bool of_labels = i % 2;
    const std::string& whole = of_labels ? labels : images;
    const std::string bad = mutation(whole, random);
    write(names[of_labels], bad);
    std::string data;
    const std::string error = error_of([&] { data = data_of(read_idx(names[0], names[1])); });
    ASSERT_TRUE(bad == whole || data != good) << i;
    ASSERT_TRUE(error.empty() || (error.starts_with(folder) && in_one_line(error))) << i << ": " << error;
    read += error.empty();
    write(names[of_labels], whole);
  }
  EXPECT_GT(read, all / 100);  // other labels and other pixels
  for (const std::string& name : names) std::remove(name.c_str());
}

}  // namespace
