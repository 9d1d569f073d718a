#include "chapters/12_restart/training_run.h"

#include <cstdio>
#include <iostream>

#include "chapters/05_collectives/messages.h"
#include "chapters/12_restart/stop_signal.h"
#include "common/error.h"
#include "common/timer.h"

namespace {

constexpr int try_again = 75;

}  // namespace

TrainingRun::TrainingRun(const RestartOptions& options, HybridModel& model, const Dataset& train)
    : options_(options), model_(model), batches_(batches(train.count, size_t(options.batch))) {
  if (!options.checkpoint.empty()) folder_.emplace(options.checkpoint, int(options.keep), model.grid().all());
  const std::string& file = options.found.file;
  if (file.empty()) {
    model.initialize(uint64_t(options.seed));
    if (options.resume) say("no checkpoint in " + options.checkpoint + ": starting from the beginning");
    if (options.start_over)
      if (const std::string old = folder_->start_over(); !old.empty()) say("the checkpoints that were there are in " + old);
    return;
  }
  read_checkpoint(file, model.device(), model.segments_to_read(), model.grid().all());
  steps_ = options.found.header.step;
  saved_ = steps_;
  model.set_steps(steps_);
  tell_where();
}

void TrainingRun::tell_where() const {
  const size_t all = size_t(options_.epochs) * batches_.size(), before = steps_ % batches_.size();
  say("continuing after step " + std::to_string(steps_) + ", from " + options_.found.file);
  if (!options_.only_bits.empty()) say(options_.only_bits);
  if (steps_ >= all)
    say("nothing is left to do: --epochs " + std::to_string(options_.epochs) + " ends with step " + std::to_string(all));
  else if (before > 0)
    say("the loss of epoch " + std::to_string(first_epoch() + 1) + " is the mean over the rest of it, " +
        std::to_string(batches_.size() - before) + " of " + std::to_string(batches_.size()) + " steps");
}

std::vector<Range> TrainingRun::batches_left(int epoch) const {
  const size_t before = size_t(epoch) * batches_.size();
  return {batches_.begin() + ptrdiff_t(steps_ - before), batches_.end()};
}

void TrainingRun::step() {
  ++steps_;
  if (options_.save_every > 0 && steps_ % size_t(options_.save_every) == 0) save();
}

void TrainingRun::epoch() {
  if (options_.save_every == 0) save();
}

int TrainingRun::end() {
  save();
  if (saves_ > 0)
    say("checkpoints: " + std::to_string(saves_) + " in " + options_.checkpoint + ", " +
        std::to_string(int(1e3 * save_seconds_ / saves_ + 0.5)) + " ms each");
  return !folder_ || saved_ == steps_ ? 0 : 1;
}

int TrainingRun::stop(int signal) {
  save();
  const std::string what = std::string(name_of_signal(signal)) + ": stopped after step " + std::to_string(steps_);
  if (!folder_) say(what + ", without a checkpoint (--checkpoint FOLDER)");
  else if (saved_ == steps_) say(what + ", --resume continues from there");
  else say(what + (saved_ ? ", --resume continues after step " + std::to_string(*saved_) : ", nothing could be saved"));
  return folder_ && saved_ == steps_ ? try_again : 1;
}

void TrainingRun::save() {
  if (!folder_ || saved_ == steps_) return;
  const Timer timer;
  try {
    folder_->save(options_.header(steps_), model_.device(), model_.segments_to_write());
    saved_ = steps_;
    ++saves_;
    save_seconds_ += timer.seconds();
  } catch (const Error& error) {
    say(std::string("not saved: ") + error.what() +
        (saved_ ? "; the checkpoint of step " + std::to_string(*saved_) + " stays" : "; there is no checkpoint yet"));
  }
}

void TrainingRun::say(const std::string& line) const {
  if (rank_of(model_.grid().all()) == 0) std::cout << line << std::endl;
}
