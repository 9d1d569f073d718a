#include "chapters/08_layer_splitting/check.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include "chapters/08_layer_splitting/actions.h"

namespace {

using Key = std::tuple<Pass, int, int>;  // pass, chunk, micro-batch or slot
Key key_of(const Step& step) { return {step.pass, step.chunk, step.micro_batch}; }

// --- Is every step there, once, in order? ----------------------------------------------------------------------------

std::string find_wrong_place(const Schedule& schedule) {
  if (int(schedule.steps.size()) != schedule.stages) return "there are not as many lists of steps as stages";
  for (int slots : schedule.slots)
    if (slots < 1) return "a chunk has no slot";
  for (int stage = 0; stage < schedule.stages; ++stage)
    for (const Step& step : schedule.steps[size_t(stage)]) {
      if (step.chunk < 0 || step.chunk >= schedule.chunks() || step.micro_batch < 0 ||
          step.micro_batch >= schedule.micro_batches)
        return text_of(step) + ": there is no such chunk or micro-batch";
      if (schedule.stage_of(step.chunk) != stage) return text_of(step) + ": not a chunk of stage " + std::to_string(stage);
      if (step.pass == Pass::backward && !schedule.trains) return text_of(step) + ": this schedule only evaluates";
    }
  return "";
}

std::string find_wrong_count(const Schedule& schedule) {
  std::map<Key, int> count;
  for (const std::vector<Step>& steps : schedule.steps)
    for (const Step& step : steps)
      if (++count[key_of(step)] > 1) return text_of(step) + ": taken twice";
  for (Pass pass : {Pass::forward, Pass::backward})
    for (int chunk = 0; chunk < schedule.chunks(); ++chunk)
      for (int m = 0; m < schedule.micro_batches; ++m) {
        const Step step{pass, chunk, m};
        if ((pass == Pass::forward || schedule.trains) && !count.contains(key_of(step))) return text_of(step) + ": missing";
      }
  return "";
}

// Within one stage; what several stages must agree on is found by running them.
std::string find_wrong_order(const Schedule& schedule, const std::vector<Step>& steps) {
  std::map<std::pair<Pass, int>, int> last;         // the last micro-batch of (pass, chunk)
  std::map<std::pair<int, int>, Step> kept;         // by (chunk, slot): what is in flight there
  for (const Step& step : steps) {
    const auto [previous, first] = last.insert({{step.pass, step.chunk}, step.micro_batch});
    if (!first && step.micro_batch < previous->second)
      return text_of(step) + ": after micro-batch " + std::to_string(previous->second);
    previous->second = step.micro_batch;

    const std::pair place{step.chunk, schedule.slot(step)};
    const auto occupant = kept.find(place);
    if (step.pass == Pass::forward) {
      if (schedule.trains && occupant != kept.end())
        return text_of(step) + ": overwrites the activations of micro-batch " +
               std::to_string(occupant->second.micro_batch) + ", which its backward step still needs";
      kept[place] = step;
    } else {
      if (occupant == kept.end() || occupant->second.micro_batch != step.micro_batch)
        return text_of(step) + ": before its forward step";
      kept.erase(occupant);
    }
  }
  return "";
}

int most_kept(const std::vector<Step>& steps) {
  int now = 0, most = 0;
  for (const Step& step : steps) {
    now += step.pass == Pass::forward ? 1 : -1;
    most = std::max(most, now);
  }
  return most;
}

// --- Does it come to an end, and when? -------------------------------------------------------------------------------

// All stages at once, each with its own clock, without MPI.
class Simulation {
 public:
  Simulation(const Schedule& schedule, const StepTimes& times) : schedule_(schedule), step_times_(times) {
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
    if (action.what == Do::receive) received_[key_of(source_of(step))] = stage.clock;
    if (action.what == Do::send) {
      sent_[key_of(step)] = stage.clock;
      last_sent_[buffer_of(step)] = key_of(step);
    }
    if (action.what == Do::wait_for_send) last_sent_.erase(buffer_of(step));
    if (action.what == Do::compute) {
      if (last_sent_.contains(buffer_of(step))) return stop(text_of(step) + ": writes over a message that may be under way");
      const double begin = stage.clock;
      stage.clock += (step.pass == Pass::forward ? step_times_.forward : step_times_.backward)[size_t(step.chunk)];
      stage.done.push_back({step, begin, stage.clock});
    }
    ++stage.next;
    return true;
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
    return last == last_sent_.end() ? 0 : find(received_, last->second);
  }

  Key buffer_of(const Step& step) const { return {step.pass, step.chunk, schedule_.slot(step)}; }

  // The step whose output is the input of this one.
  static Step source_of(Step step) {
    step.chunk += step.pass == Pass::forward ? -1 : 1;
    return step;
  }
  static std::optional<double> find(const std::map<Key, double>& times, const Key& key) {
    const auto found = times.find(key);
    return found == times.end() ? std::nullopt : std::optional(found->second);
  }

  const Schedule& schedule_;
  const StepTimes& step_times_;
  std::vector<Stage> stages_;
  std::map<Key, double> sent_, received_;  // by step whose output it is
  std::map<Key, Key> last_sent_;           // by buffer: what was sent from it and not yet waited for
  std::string error_;
};

}  // namespace

std::string text_of(const Step& step) {
  return std::string(step.pass == Pass::forward ? "forward" : "backward") + " of chunk " + std::to_string(step.chunk) +
         ", micro-batch " + std::to_string(step.micro_batch);
}

StepTimes equal_times(int chunks) { return {std::vector(size_t(chunks), 1.0), std::vector(size_t(chunks), 2.0)}; }

Proof check(const Schedule& schedule, const StepTimes& times) {
  Proof proof;
  proof.error = find_wrong_place(schedule);
  if (proof.holds()) proof.error = find_wrong_count(schedule);
  for (const std::vector<Step>& steps : schedule.steps)
    if (proof.holds()) proof.error = find_wrong_order(schedule, steps);
  if (!proof.holds()) return proof;

  for (const std::vector<Step>& steps : schedule.steps) proof.kept.push_back(schedule.trains ? most_kept(steps) : 0);
  Simulation simulation(schedule, times);
  if (simulation.run())
    simulation.report(proof);
  else
    proof.error = simulation.where_it_stands();
  return proof;
}
