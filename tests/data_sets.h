// Small data sets in MNIST's format, of any image size and any number of classes, and what every training program must make
// of them.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <tuple>
#include <utility>

#include "common/dataset.h"
#include "tests/program.h"

namespace data_sets {

struct Half {
  uint32_t count, height, width, classes;
};

inline std::string big_endian(uint32_t v) { return {char(v >> 24), char(v >> 16), char(v >> 8), char(v)}; }

// Image i has label i modulo classes, and ink in some of its pixels that depend on the label.
inline void write_half(const std::string& folder, const std::string& name, const Half& h) {
  std::string pixels, labels;
  for (uint32_t i = 0; i < h.count; ++i) {
    labels += char(i % h.classes);
    for (uint32_t p = 0; p < h.height * h.width; ++p) pixels += char(p * 7 % h.classes == i % h.classes ? 200 + i % 50 : i * p % 40);
  }
  std::ofstream(folder + "/" + name + "-images-idx3-ubyte", std::ios::binary)
      << big_endian(0x803) << big_endian(h.count) << big_endian(h.height) << big_endian(h.width) << pixels;
  std::ofstream(folder + "/" + name + "-labels-idx1-ubyte", std::ios::binary) << big_endian(0x801) << big_endian(h.count) << labels;
}

// In memory, for tests that give no files to a program: images of 2 x 2 pixels in 3 classes.
inline Dataset tiny_data(size_t count) {
  Dataset data{count, 2, 2, std::vector<uint8_t>(4 * count), std::vector<uint8_t>(count)};
  data.classes = 3;
  for (size_t i = 0; i < 4 * count; ++i) data.pixels[i] = uint8_t(i * i % 251);
  for (size_t i = 0; i < count; ++i) data.labels[i] = uint8_t(i * 7 % 3);
  return data;
}

// A folder with a data set, for the life of the object.
struct DataSet {
  DataSet(const Half& train, const Half& test)
      : folder(testing::TempDir() + "data_set_" + std::to_string(getpid())) {
    std::filesystem::create_directories(folder);
    write_half(folder, "train", train);
    write_half(folder, "t10k", test);
  }
  ~DataSet() { std::filesystem::remove_all(folder); }
  const std::string folder;
};

// The first images of MNIST, in a folder that stays as long as this process: more than a short run takes, and few to be looked at in its end.
constexpr size_t first_trained = 1100, first_tested = 1003;
inline const std::string& first_images() {
  static const struct Folder {
    const std::string name = build_folder() + "/first_images_" + std::to_string(getpid());
    Folder() {
      std::filesystem::create_directories(name);
      for (const auto& [half, count] : {std::pair{"/train", first_trained}, {"/t10k", first_tested}})
        for (const auto& [kind, header, bytes] : {std::tuple{"-images-idx3-ubyte", 16, 784}, {"-labels-idx1-ubyte", 8, 1}}) {
          std::string text(size_t(header) + count * size_t(bytes), 0);
          std::ifstream("build/data" + (half + std::string(kind)), std::ios::binary).read(text.data(), std::streamsize(text.size()));
          std::ofstream(name + half + kind, std::ios::binary) << text.replace(4, 4, big_endian(uint32_t(count)));
        }
    }
    ~Folder() { std::filesystem::remove_all(name); }
  } folder;
  return folder.name;
}

// program: the command line of a training program, to which its options can be added.
inline void expect_every_data_set(const std::string& program) {
  const auto run_on = [&](const Half& train, const Half& test) {
    const DataSet data(train, test);
    return run_program(program + " --hidden 16,12 --batch 48 --epochs 1 --data " + data.folder);
  };
  const Half many{320, 7, 5, 13}, few{320, 4, 9, 3};
  const ProgramRun more = run_on(many, {40, 7, 5, 13}), less = run_on(few, {40, 4, 9, 2});
  EXPECT_EQ(more.status, 0) << more.output;
  EXPECT_TRUE(contains(more.output, "35-16-12-13 on "));
  EXPECT_EQ(less.status, 0) << less.output;
  EXPECT_TRUE(contains(less.output, "36-16-12-3 on "));

  // The two halves must fit to each other: larger images, smaller ones, as many pixels in another form; a class too many.
  for (const Half& test : {Half{40, 9, 6, 13}, Half{40, 3, 5, 13}, Half{40, 5, 7, 13}, Half{40, 7, 5, 14}}) {
    const ProgramRun run = run_on(many, test);
    EXPECT_EQ(run.status, 1) << run.output;
    EXPECT_EQ(run.lines(), 1u) << run.output;
    const std::string what = test.classes > 13 ? "label 13 is 13, expected 0 to 12" : "pixels, but the training images are 7 x 5";
    EXPECT_TRUE(contains(run.output, what));
  }
}

}  // namespace data_sets
