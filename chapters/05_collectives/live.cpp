// The book's live figure of this chapter: a collective step by step, and what an allreduce costs by formula.
// sources: live_mpi live_ways allgather allreduce broadcast cost messages power_of_two reduce reduce_scatter scatter_gather scratch
#include <algorithm>
#include <cmath>

#include "chapters/05_collectives/cost.h"
#include "chapters/05_collectives/live_ways.h"
#include "common/live/live.h"

namespace {

// Seconds of four kinds of allreduce over the length; from: the length at which one overtakes recursive doubling, then: its time there.
std::vector<live::Json> curves(const live::Settings& s, const std::vector<double>& lengths) {
  const double alpha = s.number("alpha") * 1e-6, beta = s.number("beta") * 1e-9, gamma = s.number("gamma") * 1e-9;
  const Machine machine{{{1e9, alpha, beta}}, {{1e9, alpha, beta + gamma}}, {{1e9, alpha, beta + gamma}}};
  const int ranks = s.integer("ranks");
  std::vector<live::Json> all;
  for (const std::string name : {"recursive-doubling", "rabenseifner", "ring", "reduce-broadcast"}) {
    std::vector<double> seconds;
    for (double bytes : lengths) seconds.push_back(predicted_seconds(name, bytes, ranks, machine));
    const double from = overtakes(name, ranks, machine);
    all.push_back({{"name", name}, {"seconds", seconds}, {"from", from}, {"then", predicted_seconds(name, from, ranks, machine)}});
  }
  return all;
}

live::Json figure(const live::Settings& s) {
  const auto runs = live::run_way(s.at("way"), s.integer("ranks"), size_t(s.integer("floats")));
  const live::Totals totals = live::totals_of(runs);
  const size_t step = std::min(size_t(s.integer("step")), totals.steps);
  std::vector<std::vector<float>> have;  // by rank and block, before this step: the sum of the 2^r
  std::vector<live::Json> messages;
  for (size_t from = 0; from < runs.size(); ++from) {
    have.push_back(runs[from].before[std::min(step, runs[from].before.size() - 1)]);
    for (const auto& [to, when, floats] : runs[from].sent)
      if (size_t(when) == step) {
        unsigned whose = 0;  // numbers are in it, like a sum of the 2^r
        for (float x : floats) whose |= unsigned(x);
        messages.push_back({{"from", from}, {"to", to}, {"floats", floats.size()}, {"whose", whose}});
      }
  }
  std::vector<double> lengths;
  for (int i = 0; i <= 32; ++i) lengths.push_back(std::pow(10, 3 + i / 8.0));
  return {{"steps", totals.steps}, {"step", step}, {"have", have}, {"messages", messages}, {"most_messages", totals.messages},
          {"most_floats", totals.floats}, {"lengths", lengths}, {"curves", curves(s, lengths)}};
}

const live::Figure here(figure);

}  // namespace
