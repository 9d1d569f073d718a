#include "chapters/12_restart/training_run.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iostream>

#include "chapters/06_data_parallel/replicas.h"
#include "chapters/12_restart/agree.h"
#include "chapters/12_restart/stop_signal.h"
#include "common/error.h"
#include "common/hash.h"
#include "common/mpi/session.h"
#include "common/timer.h"

namespace {

constexpr int try_again = 75;

}  // namespace

TrainingRun::TrainingRun(const RestartOptions& options, HybridModel& model, const Dataset& train)
    : options_(options), model_(model), batches_(batches(train.count, size_t(options.batch))) {
  if (!options.checkpoint.empty()) folder_.emplace(options.checkpoint, int(options.keep), model.grid().all());
  if (options.scales()) model.scale_gradients(scale_.emplace(options.loss_scale));
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
  restore_scale();
  model.set_steps(steps_ - size_t(skipped_));  // that the optimizer has taken
  tell_where();
}

// A scale that was found goes on, where it may change; a given one is the option's.
void TrainingRun::restore_scale() {
  const CheckpointHeader& found = options_.found.header;
  const auto number = [&](const char* name) { return found.option(name) ? std::stod(*found.option(name)) : 0; };
  skipped_ = int64_t(number("skipped-steps"));
  if (scale_ && options_.loss_scale.dynamic && found.option("loss-scale"))
    scale_->restore(number("loss-scale"), int64_t(number("good-steps-so-far")));
}

CheckpointHeader TrainingRun::header() const {
  CheckpointHeader h = options_.header(steps_);
  if (scale_) {
    char text[40];
    h.options.emplace_back("loss-scale", std::string(text, std::to_chars(text, text + sizeof text, scale_->value()).ptr));
    h.options.emplace_back("good-steps-so-far", std::to_string(scale_->good()));
  }
  if (skipped() > 0) h.options.emplace_back("skipped-steps", std::to_string(skipped()));
  return h;
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
  if (!folder_) return;
  if (const auto problem = folder_->poll()) saved(*problem);
  if (options_.save_every > 0 && steps_ % size_t(options_.save_every) == 0) save(options_.disk_patience);
}

void TrainingRun::epoch() {
  if (options_.save_every == 0) save(options_.disk_patience);
}

int TrainingRun::end() {
  save_and_wait();
  if (scale_) {
    char text[80];
    std::snprintf(text, sizeof text, ": loss scale %.10g in the end, %lld of %zu steps skipped", scale_->value(), (long long)skipped(), steps_);
    say("precision " + options_.precision + text);
  }
  if (saves_ > 0)
    say("checkpoints: " + std::to_string(saves_) + " in " + options_.checkpoint + ", each copied in " +
        std::to_string(int(1e3 * snapshot_seconds_ / saves_ + 0.5)) + " ms, and on the disk after " +
        std::to_string(int(1e3 * disk_seconds_ / saves_ + 0.5)) + " ms");
  return !folder_ || saved_ == steps_ ? 0 : 1;
}

int TrainingRun::stop(int signal) {
  save_and_wait();
  const std::string what = std::string(name_of_signal(signal)) + ": stopped after step " + std::to_string(steps_);
  if (!folder_) say(what + ", without a checkpoint (--checkpoint FOLDER)");
  else if (saved_ == steps_) say(what + ", --resume continues from there");
  else say(what + (saved_ ? ", --resume continues after step " + std::to_string(*saved_) : ", nothing could be saved"));
  return folder_ && saved_ == steps_ ? try_again : 1;
}

void TrainingRun::save_and_wait() {
  if (!folder_) return;
  save(INFINITY);
  folder_->wait(INFINITY, [&](const std::string& problem) { saved(problem); });
}

void TrainingRun::save(double patience) {
  if (!folder_) return;
  if (!folder_->wait(patience, [&](const std::string& problem) { saved(problem); })) {
    say("not saved: step " + std::to_string(steps_) + ": the disk is still busy with step " + std::to_string(on_its_way_));
    return;
  }
  if (saved_ == steps_) return;
  require_equal_copies();
  begun_ = clock_seconds();
  on_its_way_ = steps_;
  try {
    snapshot_ = folder_->begin_save(header(), model_.device(), model_.segments_to_write());
  } catch (const Error& error) {
    saved(error.what());
  }
}

void TrainingRun::require_equal_copies() const {
  const size_t parameters = options_.header(steps_).parameters();
  std::vector<float> mine;
  for (const Segment& s : model_.segments_to_read()) {
    if (s.place >= parameters) continue;  // the optimizer's state is on one rank
    mine.resize(mine.size() + s.count);
    model_.device().copy_out(mine.data() + mine.size() - s.count, s.memory, s.count);
  }
  const MPI_Comm copies = model_.grid().data();
  const Copy copy{hash_bits(mine), rank_of(MPI_COMM_WORLD)};
  std::vector<Copy> all(size_t(ranks_of(copies)));
  MPI_CHECK(MPI_Allgather(&copy, sizeof copy, MPI_BYTE, all.data(), sizeof copy, MPI_BYTE, copies));
  const std::string who = differences(all);
  agree(who.empty() ? "" : "after step " + std::to_string(steps_) + " " + who + ": not saved", model_.grid().all());
}

void TrainingRun::saved(const std::string& problem) {
  if (problem.empty()) {
    saved_ = on_its_way_;
    ++saves_;
    snapshot_seconds_ += snapshot_;
    disk_seconds_ += clock_seconds() - begun_;
  } else {
    say("not saved: " + problem +
        (saved_ ? "; the checkpoint of step " + std::to_string(*saved_) + " stays" : "; there is no checkpoint yet"));
  }
}

void TrainingRun::say(const std::string& line) const {
  if (rank_of(model_.grid().all()) == 0) std::cout << line << std::endl;
}
