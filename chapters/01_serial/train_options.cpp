#include "chapters/01_serial/train_options.h"

#include "chapters/01_serial/require_samples.h"

void TrainOptions::declare(Options& options, const std::vector<std::string>& devices) {
  options.add("device", &device, "where to compute", devices);
  options.add("data", &data, "folder with the unpacked MNIST files");
  options.add("hidden", &hidden, "widths of the hidden layers, or none", between(1, 65536));
  options.add("epochs", &epochs, "passes over the training data", between(0, 100000));
  options.add("batch", &batch, "rows of a batch", between(1, 1 << 20));
  options.add("micro-batches", &micro_batches, "parts into which each batch is cut", between(1, 1 << 20));
  options.add("optimizer", &optimizer.name, "the update rule", {"sgd", "momentum", "adam"});
  options.add("learning-rate", &optimizer.learning_rate, "step length", between(0, 1000));
  options.add("momentum", &optimizer.momentum, "share of the old direction, for momentum", between(0, 1));
  options.add("train-samples", &train_samples, "train on the first N samples only, 0 for all", at_least(0));
  options.add("seed", &seed, "of initial weights and of the order of samples", at_least(0));
  options.add("log", &log, "write loss and accuracy to this CSV file");
}

void TrainOptions::declare_clip_norm(Options& options) {
  options.add("clip-norm", &optimizer.clip_norm, "the longest that a step's gradient may be: a longer one is shortened; 0: any length",
              at_least(0));
}

std::vector<int> TrainOptions::sizes(const Dataset& data) const {
  std::vector<int> sizes = {int(data.features())};
  sizes.insert(sizes.end(), hidden.begin(), hidden.end());
  sizes.push_back(int(data.classes));
  return sizes;
}

void TrainOptions::apply(Dataset& train) const {
  if (size_t(train_samples) > train.count)
    throw Error("--train-samples: " + std::to_string(train_samples) + " is more than the " +
                std::to_string(train.count) + " samples in " + data);
  if (train_samples > 0) {
    train.count = size_t(train_samples);
    train.pixels.resize(train.count * train.features());
    train.labels.resize(train.count);
  }
  require_samples(train, batch);
}
