#include "chapters/01_serial/train_report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "common/hash.h"

TrainReport::TrainReport(const TrainOptions& o, const Dataset& train, bool quiet, size_t steps_before)
    : quiet_(quiet),
      record_(quiet ? "" : o.log, steps_before),
      progress_(std::max(size_t(o.epochs) * batches(train.count, size_t(o.batch)).size(), steps_before) - steps_before,
                size_t(o.batch), !quiet),
      steps_before_(steps_before),
      steps_(steps_before) {
  if (quiet_) return;
  std::string sizes;
  for (int width : o.sizes(train)) sizes += (sizes.empty() ? "" : "-") + std::to_string(width);
  std::printf("%s on %s: %zu samples, batch %lld, %s, learning rate %g, seed %lld\n", sizes.c_str(),
              o.device.c_str(), train.count, (long long)o.batch, o.optimizer.name.c_str(),
              o.optimizer.learning_rate, (long long)o.seed);
}

void TrainReport::step(double loss, size_t batch_rows) {
  train_seconds_ += timer_.seconds();
  timer_.restart();
  ++steps_;
  samples_ += batch_rows;
  if (!std::isfinite(loss)) {
    progress_.clear();
    throw Error("step " + std::to_string(steps_) + ": the loss is " +
                (std::isnan(loss) ? "not a number" : "infinite") +
                ": training diverged, try a smaller --learning-rate");
  }
  epoch_loss_ += loss * double(batch_rows);
  epoch_samples_ += batch_rows;
  if (quiet_) return;
  char text[32];
  std::snprintf(text, sizeof text, "loss %.4f", loss);
  progress_.step(text);
  record_.add(steps_, loss, -1, double(samples_) / train_seconds_);
}

void TrainReport::epoch(int epoch, size_t correct, size_t samples) {
  if (!quiet_) {
    progress_.clear();
    const double mean_loss = epoch_loss_ / double(epoch_samples_), rate = double(samples_) / train_seconds_;
    const double accuracy = double(correct) / double(samples);
    std::printf("epoch %3d   loss %.4f   test accuracy %.2f %% (%zu of %zu)   %.0f samples/s\n", epoch + 1,
                mean_loss, 100 * accuracy, correct, samples, rate);
    std::fflush(stdout);
    record_.add(steps_, mean_loss, accuracy, rate);
  }
  epoch_loss_ = 0;
  epoch_samples_ = 0;
  timer_.restart();  // evaluation does not count as training
}

void TrainReport::end(std::span<const float> weights) {
  if (quiet_) return;
  std::printf("trained %zu steps in %.1f s, %.0f samples/s; weights %016llx\n", steps_ - steps_before_, train_seconds_,
              train_seconds_ > 0 ? double(samples_) / train_seconds_ : 0.0,
              (unsigned long long)hash_bits(weights));
}
