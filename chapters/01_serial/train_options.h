// What can be chosen for a training run, with the defaults of this course: 784-512-256-10, batches of 128, SGD at 0.1.
#pragma once

#include <string>
#include <vector>

#include "chapters/01_serial/optimizer.h"
#include "common/dataset.h"
#include "common/options.h"

struct TrainOptions {
  std::string device = "cpu";
  std::string data = "build/data";
  std::vector<int64_t> hidden = {512, 256};
  OptimizerOptions optimizer;
  int64_t epochs = 10;
  int64_t batch = 128;
  int64_t micro_batches = 1;
  int64_t train_samples = 0;  // 0: all
  int64_t seed = 1;
  std::string log;

  // Declares all of these as command-line options.  devices: what --device may be in this program.
  void declare(Options& options, const std::vector<std::string>& devices = {"cpu"});

  // --clip-norm, in programs that can: from chapter 06 on.
  void declare_clip_norm(Options& options);

  // The layer sizes for this data, {784, 512, 256, 10}.
  std::vector<int> sizes(const Dataset& data) const;
  // Checks what depends on the data, and shortens it to train_samples.  Throws Error.
  void apply(Dataset& train) const;
  // Rows of the largest micro-batch.
  int largest_micro_batch() const { return int((batch + micro_batches - 1) / micro_batches); }
};
