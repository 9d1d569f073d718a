// For the judges of schedules: reads one, says in words what is wrong with it, and finds how long it takes.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tests/exercises/judge.h"

inline std::string text(int number) { return std::to_string(number); }

struct Step {
  char kind;  // 'F' forward, 'B' backward, 'W' gradient of the weights
  int micro_batch;
  auto operator<=>(const Step&) const = default;
};
inline std::string text(const Step& step) { return step.kind + text(step.micro_batch); }

using Steps = std::vector<Step>;

// What the mains of these tasks write for a rank.
inline Steps read_steps(Answers& answers) {
  const size_t count = size_t(answers.number("the number of steps"));
  const std::vector<int> kinds = answers.integers("the kinds of the steps", count),
                         micro_batches = answers.integers("the micro-batches of the steps", count);
  Steps steps;
  for (size_t i = 0; i < count; ++i) steps.push_back({char(kinds[i]), micro_batches[i]});
  return steps;
}

struct Pipeline {
  int ranks, micro_batches;
  std::string kinds;                 // "FB" or "FBW"
  std::vector<Steps> steps;          // by rank
  std::function<int(int, int)> stage;  // of (rank, micro-batch); its own inverse

  // Each step once, and on its rank in a possible order.
  std::string wrong_list(int rank) const {
    const Steps& list = steps[size_t(rank)];
    const std::string on = "rank " + text(rank) + ": ";
    std::map<Step, size_t> where;
    for (size_t i = 0; i < list.size(); ++i) {
      if (kinds.find(list[i].kind) == std::string::npos) return on + "step " + text(int(i)) + " is of no known kind";
      if (list[i].micro_batch < 0 || list[i].micro_batch >= micro_batches)
        return on + text(list[i]) + " is in the list, but there are " + text(micro_batches) + " micro-batches";
      if (!where.emplace(list[i], i).second) return on + text(list[i]) + " is in the list twice";
    }
    for (int m = 0; m < micro_batches; ++m)
      for (size_t k = 0; k < kinds.size(); ++k) {
        const Step step{kinds[k], m}, before{kinds[k ? k - 1 : 0], m};
        if (!where.contains(step)) return on + text(step) + " is missing";
        if (where.at(before) > where.at(step)) return on + text(step) + " comes before " + text(before);
      }
    return "";
  }

  // The most micro-batches whose first step was taken and whose last one was not.
  int most_kept(int rank) const {
    int kept = 0, most = 0;
    for (const Step& step : steps[size_t(rank)]) {
      if (step.kind == kinds.front()) most = std::max(most, ++kept);
      if (step.kind == kinds.back()) --kept;
    }
    return most;
  }

  // "" and the slots that all steps take, if each takes one slot and begins as soon as it can; or who waits for ever.  ends: the slot
  // after the last step of each rank.
  std::string run(int& slots, std::vector<int>* ends = nullptr) const {
    std::vector<size_t> next(size_t(ranks), 0);
    std::map<std::pair<int, Step>, int> done;  // (stage, step) -> the slot after it
    size_t left = 0;
    for (const Steps& list : steps) left += list.size();
    if (ends) ends->assign(size_t(ranks), 0);
    for (slots = 0; left > 0; ++slots) {
      bool moved = false;
      for (int rank = 0; rank < ranks; ++rank) {
        if (next[size_t(rank)] == steps[size_t(rank)].size()) continue;
        const Step step = steps[size_t(rank)][next[size_t(rank)]];
        const int here = stage(rank, step.micro_batch);
        const int other = here + (step.kind == 'F' ? -1 : step.kind == 'B' ? 1 : ranks);
        const auto needed = done.find({other, step});
        if (other >= 0 && other < ranks && (needed == done.end() || needed->second > slots)) continue;
        done[{here, step}] = slots + 1;
        if (ends) (*ends)[size_t(rank)] = slots + 1;
        ++next[size_t(rank)];
        --left;
        moved = true;
      }
      if (!moved && !pending(done, slots)) return waits(next);
    }
    return "";
  }

 private:
  // Whether something that ends with this slot may let others go on in the next.
  static bool pending(const std::map<std::pair<int, Step>, int>& done, int slots) {
    return std::ranges::any_of(done, [&](const auto& entry) { return entry.second > slots; });
  }
  std::string waits(const std::vector<size_t>& next) const {
    std::string words = "deadlock:";
    for (int rank = 0; rank < ranks; ++rank)
      if (next[size_t(rank)] < steps[size_t(rank)].size()) {
        const Step step = steps[size_t(rank)][next[size_t(rank)]];
        const int other = stage(stage(rank, step.micro_batch) + (step.kind == 'F' ? -1 : 1), step.micro_batch);
        words += " rank " + text(rank) + " waits for " + text(step) + " of rank " + text(other) + ";";
      }
    words.pop_back();
    return words;
  }
};
