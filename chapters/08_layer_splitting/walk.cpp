#include "chapters/08_layer_splitting/walk.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include "chapters/08_layer_splitting/actions.h"

namespace {

using Key = std::tuple<Pass, int, int>;  // pass, chunk, micro-batch or slot
Key key_of(const Step& step) { return {step.pass, step.chunk, step.micro_batch}; }

class Walk {
 public:
  Walk(const Schedule& schedule, const StepTimes& times) : schedule_(schedule), step_times_(times) {
    for (int stage = 0; stage < schedule.stages; ++stage) stages_.push_back({actions_of(schedule, stage), 0, 0, {}});
  }

  // Lets every stage go on as far as it can. Whether all have ended.
  bool run() {
    for (bool moved = true; moved && error_.empty();) {
      moved = false;
      for (Stage& stage : stages_)
        while (!stage.ended() && advance(stage)) moved = true;
    }
    return std::all_of(stages_.begin(), stages_.end(), [](const Stage& stage) { return stage.ended(); });
  }

  std::string where_it_stands() const {
    if (!error_.empty()) return error_;
    std::string text = "deadlock:";
    for (size_t s = 0; s < stages_.size(); ++s) {
      if (stages_[s].ended()) continue;
      const Action& action = stages_[s].actions[stages_[s].next];
      text += (text.back() == ':' ? " stage " : "; stage ") + std::to_string(s) +
              (action.what == Do::receive ? " waits for the input of " : " waits for its last send before ") +
              text_of(action.step);
    }
    return text;
  }

  void report(Proof& proof) const {
    double busy = 0;
    for (const Stage& stage : stages_) {
      proof.times.push_back(stage.done);
      for (const TimedStep& step : stage.done) {
        proof.length = std::max(proof.length, step.end);
        busy += step.end - step.begin;
      }
    }
    if (proof.length > 0) proof.idle = 1 - busy / (proof.length * schedule_.stages);
  }

 private:
  struct Stage {
    std::vector<Action> actions;
    size_t next;
    double clock;
    std::vector<TimedStep> done;
    bool ended() const { return next == actions.size(); }
  };

  // Takes the stage's next action; false if it has to wait for another stage.
  bool advance(Stage& stage) {
    const Action& action = stage.actions[stage.next];
    const std::optional<double> when = possible_at(action);
    if (!when) return false;
    stage.clock = std::max(stage.clock, *when);
    const Step& step = action.step;
    if (action.what == Do::post_receive) {
      posted_[key_of(source_of(step))] = stage.clock;
      if (const auto [old, free] = in_slot_.insert({buffer_of(step), step}); !free)
        return stop("the receive for " + text_of(step) + ": posted while " + text_of(old->second) + " needs the buffer");
    }
    if (action.what == Do::receive && !posted_.contains(key_of(source_of(step)))) {
      if (action.other != schedule_.stage_of(step.chunk)) return stop("the receive for " + text_of(step) + ": never posted");
      posted_[key_of(source_of(step))] = stage.clock;  // a copy within the stage
    }
    if (action.what == Do::send) {
      sent_[key_of(step)] = stage.clock;
      last_sent_[buffer_of(step)] = key_of(step);
    }
    if (action.what == Do::wait_for_send) last_sent_.erase(buffer_of(step));
    if (action.what == Do::compute) {
      if (last_sent_.contains(buffer_of(step))) return stop(text_of(step) + ": writes over a message that may be under way");
      const double begin = stage.clock;
      stage.clock += step_times_.of(step, schedule_.halves);
      stage.done.push_back({step, begin, stage.clock});
      leave_slot(step);
    }
    ++stage.next;
    return true;
  }

  // After its last step nobody needs a micro-batch's inputs any more.
  void leave_slot(Step step) {
    if (schedule_.trains && step.pass != schedule_.last_pass()) return;
    for (const Pass pass : {Pass::forward, Pass::backward}) {
      step.pass = pass;
      in_slot_.erase(buffer_of(step));
    }
  }

  bool stop(const std::string& error) {
    error_ = error;
    return false;
  }

  // The earliest time that other stages allow, or none yet.
  std::optional<double> possible_at(const Action& action) const {
    if (action.what == Do::receive) return find(sent_, key_of(source_of(action.step)));
    if (action.what != Do::wait_for_send) return 0;
    const auto last = last_sent_.find(buffer_of(action.step));
    return last == last_sent_.end() ? 0 : find(posted_, last->second);
  }

  Key buffer_of(const Step& step) const { return {step.pass, step.chunk, schedule_.slot(step)}; }

  static std::optional<double> find(const std::map<Key, double>& times, const Key& key) {
    const auto found = times.find(key);
    return found == times.end() ? std::nullopt : std::optional(found->second);
  }

  const Schedule& schedule_;
  const StepTimes& step_times_;
  std::vector<Stage> stages_;
  std::map<Key, double> sent_, posted_;  // by step whose output it is: since when there is a send, a receive for it
  std::map<Key, Step> in_slot_;          // by buffer that receives: for whom it was posted, until nobody needs it any more
  std::map<Key, Key> last_sent_;         // by buffer: what was sent from it and not yet waited for
  std::string error_;
};

}  // namespace

std::string walk(const Schedule& schedule, const StepTimes& times, Proof& proof) {
  Walk all(schedule, times);
  if (!all.run()) return all.where_it_stands();
  all.report(proof);
  return "";
}
