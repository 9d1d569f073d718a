#include "chapters/14_search/trial.h"

#include <cmath>
#include <limits>
#include <memory>

#include "chapters/10_hybrid/hybrid_model.h"
#include "common/error.h"
#include "common/mpi/session.h"
#include "common/philox.h"
#include "common/timer.h"

namespace {

std::vector<int> sizes_of(const Trial& trial, const Dataset& data) {
  return {int(data.features()), trial.width, trial.width / 2, int(data.classes)};
}

HybridSettings settings_of(const Trial& trial, const Dataset& data, int micro_batches) {
  return {.sizes = sizes_of(trial, data),
          .batch = size_t(trial.batch),
          .micro_batches = micro_batches,
          .reproducible = true,
          .optimizer = {.name = "sgd", .learning_rate = trial.learning_rate}};
}

// No message is sent while the model is built: so the ranks can agree on whether all of them have theirs. Later a rank that fails
// could not tell the others, who wait for its numbers.
std::unique_ptr<HybridModel> build(Device& device, const Grid& grid, const HybridSettings& settings) {
  std::unique_ptr<HybridModel> model;
  std::string problem;
  try {
    model = std::make_unique<HybridModel>(device, grid, settings);
  } catch (const std::exception& error) {
    problem = error.what();
  }
  int built = model != nullptr, by_all = 0;
  MPI_CHECK(MPI_Allreduce(&built, &by_all, 1, MPI_INT, MPI_MIN, grid.all()));
  if (!by_all) throw Error(built ? "another rank of the team could not build the network" : problem);
  return model;
}

// The mean loss of an epoch; not finite as soon as one batch's loss is not.
double train_epoch(HybridModel& model, const Trial& trial, int number, const Dataset& data) {
  const std::vector<uint32_t> order = permutation(uint64_t(trial.seed), uint32_t(number), data.count);
  double sum = 0;
  for (const Range batch : batches(data.count, size_t(trial.batch))) {
    sum += model.step(data, order, batch).loss * double(batch.size());
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
  trial.batch = 16 << words[2] % 5;  // up to largest_batch
  trial.seed = 1 + int32_t(words[3] % 1000);
  return trial;
}

Outcome run_stretch(const Stretch& stretch, std::vector<float>& weights, const Dataset& train, const Dataset& validation,
                    Device& device, const Grid& grid, int micro_batches) {
  const Timer timer;
  const Trial& trial = stretch.trial;
  const std::unique_ptr<HybridModel> built = build(device, grid, settings_of(trial, train, micro_batches));
  HybridModel& model = *built;
  if (stretch.first_epoch == 0) model.initialize(uint64_t(trial.seed));
  else model.set_weights(weights);

  Outcome outcome{.trial = trial.number, .rung = stretch.rung, .epochs = stretch.last_epoch};
  for (int epoch = stretch.first_epoch; epoch < stretch.last_epoch; ++epoch) {
    outcome.loss = train_epoch(model, trial, epoch, train);
    if (!std::isfinite(outcome.loss)) {
      outcome.failed = 1;
      break;
    }
  }
  outcome.accuracy = outcome.failed ? std::numeric_limits<double>::quiet_NaN()
                                    : double(model.count_correct(validation)) /
                                          double(validation.count);
  weights = model.weights();
  outcome.seconds = timer.seconds();
  return outcome;
}

Dataset part_of(const Dataset& data, Range range) {
  Dataset part;
  part.count = range.size();
  part.height = data.height;
  part.width = data.width;
  part.classes = data.classes;
  const size_t n = data.features();
  part.pixels.assign(data.pixels.begin() + ptrdiff_t(range.first * n),
                     data.pixels.begin() + ptrdiff_t(range.last * n));
  part.labels.assign(data.labels.begin() + ptrdiff_t(range.first),
                     data.labels.begin() + ptrdiff_t(range.last));
  return part;
}
