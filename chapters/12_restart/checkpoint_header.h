// What a checkpoint says about itself: its first 4096 bytes, readable with `head -c 4096 FILE`.
//
//   mlp checkpoint 3                          the version of this format
//   checksum of header 1f0c7c25d51fa0e5       of the lines below
//   sizes 784,512,256,10
//   numbers 32-bit float, little-endian       how they stand in the file
//   data 6000 x 28 x 28 pixels, 10 classes, checksum 7a6af9480f15474b     what it is trained on
//   vectors 3                                 parameters, and the vectors of the optimizer's state
//   step 469                                  optimizer steps that were taken
//   checksum of numbers 6b5b7a2e41a0b1f3
//   --batch 128                               one line for each option that determines the run
//
// Then empty lines up to 4096 bytes, then the numbers in the order of segments.h.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "common/dataset.h"

struct CheckpointHeader {
  std::vector<int> sizes;
  std::string data;  // what the run is trained on: data_of
  int vectors = 1;
  uint64_t step = 0;
  uint64_t checksum = 0;
  std::vector<std::pair<std::string, std::string>> options;  // {"batch", "128"}, in the order of the file

  static constexpr size_t bytes = 4096;
  static constexpr int version = 3;

  size_t parameters() const;                                // of the network
  size_t numbers() const { return size_t(vectors) * parameters(); }  // in the file
  const std::string* option(const std::string& name) const;  // null if it is not there
};

// The 4096 bytes.  Throws Error if there are too many options for them.
std::string to_bytes(const CheckpointHeader& header);

// `start` is what the file begins with: 4096 bytes, or fewer if it is shorter.
// Throws Error naming the file: cut short, not a checkpoint, of another format or kind of numbers, damaged.  Not a byte may differ
// from what to_bytes makes of the header that is returned.
CheckpointHeader parse_checkpoint_header(const std::string& start, const std::string& file);

// Tells data sets apart: their sizes, and a checksum of all labels and pixels.
std::string data_of(const Dataset& data);

// Throws Error, in one line that names both values and says what to do, if the checkpoint was written with other options or other
// data. Some options change the last bits only: --device, --reproducible, and how many ranks a sum runs over, --tensor and without
// --reproducible --replicas ("any" with it). --precision (not there: float) changes roundings. Of those that differ the text that is
// returned has a line.
std::string require_same_run(const CheckpointHeader& found, const CheckpointHeader& wanted, const std::string& file);
