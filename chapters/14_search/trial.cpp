#include "chapters/14_search/trial.h"

#include <cmath>
#include <limits>

#include "chapters/01_serial/serial_training.h"
#include "common/philox.h"
#include "common/timer.h"

namespace {

std::vector<int> sizes_of(const Trial& trial, const Dataset& data) {
  return {int(data.features()), trial.width, trial.width / 2, int(Dataset::classes)};
}

// The mean loss of an epoch; not finite as soon as one batch's loss is not.
double train_epoch(SerialTraining& training, const Trial& trial, int number, const Dataset& data) {
  const std::vector<uint32_t> order = permutation(uint64_t(trial.seed), uint32_t(number), data.count);
  double sum = 0;
  for (const Range batch : batches(data.count, size_t(trial.batch))) {
    sum += training.step(data, order, batch) * double(batch.size());
    if (!std::isfinite(sum)) break;
  }
  return sum / double(data.count);
}

}  // namespace

Trial random_trial(uint64_t search_seed, int number) {
  const Philox4 words = random_words(search_seed, RandomStream::data, 0, uint64_t(number));
  const double low = std::log(0.01), high = std::log(3.0);
  Trial trial;
  trial.number = number;
  trial.learning_rate = std::exp(low + (high - low) * double(uniform(words[0])));
  trial.width = 32 << words[1] % 4;
  trial.batch = 16 << words[2] % 5;
  trial.seed = 1 + int32_t(words[3] % 1000);
  return trial;
}

Outcome run_stretch(const Stretch& stretch, std::vector<float>& weights, const Dataset& train,
                    const Dataset& validation) {
  const Timer timer;
  const Trial& trial = stretch.trial;
  const std::unique_ptr<Device> device = make_cpu_device();
  SerialTraining training(*device, sizes_of(trial, train), {.name = "sgd", .learning_rate = trial.learning_rate}, trial.batch,
                          uint64_t(trial.seed));
  if (stretch.first_epoch > 0) training.set_weights(weights);

  Outcome outcome{.trial = trial.number, .rung = stretch.rung, .epochs = stretch.last_epoch};
  for (int epoch = stretch.first_epoch; epoch < stretch.last_epoch; ++epoch) {
    outcome.loss = train_epoch(training, trial, epoch, train);
    if (!std::isfinite(outcome.loss)) {
      outcome.failed = 1;
      break;
    }
  }
  outcome.accuracy = outcome.failed ? std::numeric_limits<double>::quiet_NaN()
                                    : double(count_correct(training.mlp(), validation, {0, validation.count})) /
                                          double(validation.count);
  weights = training.weights();
  outcome.seconds = timer.seconds();
  return outcome;
}

Dataset part_of(const Dataset& data, Range range) {
  Dataset part;
  part.count = range.size();
  part.height = data.height;
  part.width = data.width;
  const size_t n = data.features();
  part.pixels.assign(data.pixels.begin() + ptrdiff_t(range.first * n),
                     data.pixels.begin() + ptrdiff_t(range.last * n));
  part.labels.assign(data.labels.begin() + ptrdiff_t(range.first),
                     data.labels.begin() + ptrdiff_t(range.last));
  return part;
}
