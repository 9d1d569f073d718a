// Images and labels in memory, read from IDX files, the format in which MNIST is published.
//
// IDX: two zero bytes, a type byte (8: unsigned byte), the number of dimensions, one big-endian 32-bit size per
// dimension, then the data. Images have three dimensions (count, height, width), labels have one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "common/split.h"

struct Dataset {
  size_t count = 0;              // samples
  size_t height = 0, width = 0;  // of an image, in pixels
  std::vector<uint8_t> pixels;   // (count, height * width), 0 is paper, 255 is ink
  std::vector<uint8_t> labels;   // (count), each below classes
  size_t classes = 10;

  size_t features() const { return height * width; }
};

// Reads an image file and its label file.  Throws Error naming the file and the offending value: cannot be read,
// compressed, wrong magic number, absurd dimensions, too short, too long, counts that differ, a label that is no class.
// classes: how many there are; 0: as many as the largest label asks for.
Dataset read_idx(const std::string& image_file, const std::string& label_file, size_t classes = 0);

// The two halves of MNIST, or of a data set like it, in a folder with the published file names, unpacked.
Dataset read_mnist_train(const std::string& folder);                       // MNIST: 60,000 samples
Dataset read_mnist_test(const std::string& folder, const Dataset& train);  // MNIST: 10,000 samples
// The test half must fit to the training half.  Throws Error: images of another size, a label that was not trained.

// The order in which epoch `epoch` visits n samples: a pure function of its arguments, the same on every rank.
// Fisher-Yates shuffle with one Philox number per step.
std::vector<uint32_t> permutation(uint64_t seed, uint32_t epoch, size_t n);

// The samples order[rows.first], ..., order[rows.last - 1] as rows of a batch, in that order:
// x (rows, features) = pixels / 255
void gather_images(float* x, const Dataset& data, std::span<const uint32_t> order, Range rows);
// labels (rows)
void gather_labels(int* labels, const Dataset& data, std::span<const uint32_t> order, Range rows);
