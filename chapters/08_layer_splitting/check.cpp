#include "chapters/08_layer_splitting/check.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "chapters/08_layer_splitting/walk.h"

namespace {

using Key = std::tuple<Pass, int, int>;  // pass, chunk, micro-batch
Key key_of(const Step& step) { return {step.pass, step.chunk, step.micro_batch}; }

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
      if (step.pass != Pass::forward && !schedule.trains) return text_of(step) + ": this schedule only evaluates";
      if (step.pass == Pass::weights && !schedule.halves) return text_of(step) + ": backward is one step here";
    }
  return "";
}

std::string find_wrong_count(const Schedule& schedule) {
  std::map<Key, int> count;
  for (const std::vector<Step>& steps : schedule.steps)
    for (const Step& step : steps)
      if (++count[key_of(step)] > 1) return text_of(step) + ": taken twice";
  for (Pass pass : {Pass::forward, Pass::backward, Pass::weights})
    for (int chunk = 0; chunk < schedule.chunks(); ++chunk)
      for (int m = 0; m < schedule.micro_batches; ++m) {
        const Step step{pass, chunk, m};
        const bool wanted = pass == Pass::forward || (schedule.trains && pass <= schedule.last_pass());
        if (wanted && !count.contains(key_of(step))) return text_of(step) + ": missing";
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
      if (step.pass == Pass::weights && occupant->second.pass != Pass::backward) return text_of(step) + ": before its backward step";
      if (step.pass == schedule.last_pass()) kept.erase(occupant);
      else kept[place] = step;
    }
  }
  return "";
}

int most_kept(const std::vector<Step>& steps, Pass last_pass) {
  int now = 0, most = 0;
  for (const Step& step : steps) {
    now += step.pass == Pass::forward ? 1 : step.pass == last_pass ? -1 : 0;
    most = std::max(most, now);
  }
  return most;
}

}  // namespace

std::string name_of(Pass pass) { return pass == Pass::forward ? "forward" : pass == Pass::backward ? "backward" : "weights"; }

std::string text_of(const Step& step) {
  return name_of(step.pass) + " of chunk " + std::to_string(step.chunk) + ", micro-batch " + std::to_string(step.micro_batch);
}

double StepTimes::of(const Step& step, bool halves) const {
  const size_t chunk = size_t(step.chunk);
  if (step.pass == Pass::forward) return forward[chunk];
  if (!halves) return backward[chunk];
  const double second = weights.empty() ? backward[chunk] / 2 : weights[chunk];
  return step.pass == Pass::weights ? second : backward[chunk] - second;
}

StepTimes equal_times(int chunks) { return {std::vector(size_t(chunks), 1.0), std::vector(size_t(chunks), 2.0)}; }

Proof check(const Schedule& schedule, const StepTimes& times) {
  Proof proof;
  proof.error = find_wrong_place(schedule);
  if (proof.holds()) proof.error = find_wrong_count(schedule);
  for (const std::vector<Step>& steps : schedule.steps)
    if (proof.holds()) proof.error = find_wrong_order(schedule, steps);
  if (!proof.holds()) return proof;

  for (const std::vector<Step>& steps : schedule.steps) proof.kept.push_back(schedule.trains ? most_kept(steps, schedule.last_pass()) : 0);
  proof.error = walk(schedule, times, proof);
  return proof;
}
