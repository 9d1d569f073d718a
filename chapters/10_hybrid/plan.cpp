#include "chapters/10_hybrid/plan.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "chapters/08_layer_splitting/check.h"
#include "chapters/08_layer_splitting/partition.h"
#include "common/error.h"

PlanMachine typical_machine() {
  PlanMachine machine;
  // Seconds, and seconds a byte: short messages through a queue of cells, longer ones by one copy.
  machine.messages.exchanges = {{4096, 0.4e-6, 0.15e-9}, {65536, 1e-6, 0.25e-9}, {1e18, 10e-6, 0.14e-9}};
  machine.messages.reductions = {{4096, 0.5e-6, 0.2e-9}, {65536, 1e-6, 0.32e-9}, {1e18, 12e-6, 0.22e-9}};
  machine.messages.reductions_of_sent = machine.messages.reductions;
  return machine;
}

namespace {

double sum_seconds(size_t floats, int ranks, const Machine& messages) {
  return ranks == 1 || floats == 0 ? 0 : predicted_seconds("rank-order", 4.0 * double(floats), ranks, messages);
}

bool knows_nodes(const PlanMachine& m) { return m.ranks_of_node > 0 && !m.between.exchanges.empty(); }

// What messages cost between two places of the grid.
const Machine& messages_between(const GridPlace& a, const GridPlace& b, const GridShape& shape, const PlanMachine& m) {
  const bool apart = knows_nodes(m) && rank_at(a, shape) / m.ranks_of_node != rank_at(b, shape) / m.ranks_of_node;
  return apart ? m.between : m.messages;
}

// The data ranks of a stage, those of slice 0, by node.
Nodes data_nodes(const GridShape& shape, int stage, const PlanMachine& m) {
  std::vector<int> names;
  for (int d = 0; d < shape.data; ++d) names.push_back(knows_nodes(m) ? rank_at({d, stage, 0}, shape) / m.ranks_of_node : 0);
  return make_nodes(names);
}

// A message of so many numbers, and their addition: of 16 bits it is half as long, and as many floats are added.
double reduction_seconds(double numbers, bool sixteen_bits, const Machine& m) {
  const double bytes = 4 * numbers;
  return m.reduction(bytes) - (sixteen_bits ? m.exchange(bytes) - m.exchange(bytes / 2) : 0);
}

// Gradients to their owners, weights back.
double exchange_seconds(size_t floats, const Nodes& nodes, const HybridSettings& s, const PlanMachine& m) {
  const int ranks = int(nodes.node_of.size());
  if (nodes.ranks.size() == 1 && !s.gradients_as) return sum_seconds(floats, ranks, m.messages);
  const Machine& between = nodes.ranks.size() == 1 ? m.messages : m.between;  // which may say nothing
  const double part = double(floats) / ranks;
  const bool sixteen = bool(s.gradients_as), inside = sixteen && !(s.two_level && !s.reproducible);  // there a node's gradients are floats
  double slowest = 0;
  for (int rank = 0; rank < ranks; ++rank) {
    const BlockMessages one = messages_in_one_level(nodes, rank), two = messages_in_two_levels(nodes, rank);
    const BlockMessages there = s.two_level && !s.reproducible ? two : one, back = s.two_level ? two : one;
    const double added = there.inside * reduction_seconds(part, inside, m.messages) +
                         there.between * reduction_seconds(part, sixteen, between);
    slowest = std::max(slowest, added + back.inside * m.messages.exchange(4 * part) + back.between * between.exchange(4 * part));
  }
  return slowest;
}

// One pass through layer l of the network for a micro-batch of `rows` rows: the products of this rank's slice. Nobody asks
// for the gradient of the network's input.
double product_seconds(const std::vector<int>& sizes, size_t l, size_t rows, int tensor, const PlanMachine& m, Pass pass) {
  const double weights = double(sizes[l]) * double(sizes[l + 1]) / tensor;
  const double products = pass == Pass::backward && l > 0 ? 2 : 1;
  return products * weights * (2 * double(rows) / m.operations_per_second + 4 / m.bytes_per_second);
}

// The sums over tensor ranks: behind a pair of layers forward. The logits are floats always.
double forward_sum_seconds(const HybridSettings& s, size_t l, size_t rows, int tensor, const Machine& m) {
  if (l % 2 == 0 || tensor == 1) return 0;
  const size_t numbers = rows * size_t(s.sizes[l + 1]);
  if (s.activation_bytes == 4 || l + 2 == s.sizes.size()) return sum_seconds(numbers, tensor, m);
  const double block = double(numbers) / tensor;
  return (tensor - 1) * (reduction_seconds(block, true, m) + m.exchange(2 * block));
}

// In front of it backward. Its messages go on behind a product of so many seconds, collecting and spreading; who adds cannot multiply.
double backward_sum_seconds(const HybridSettings& s, size_t l, size_t rows, int tensor, const Machine& m, double product) {
  if (l == 0 || l % 2 == 1 || tensor == 1) return 0;
  const double block = double(rows) * s.sizes[l] / tensor, messages = (tensor - 1) * m.exchange(double(s.activation_bytes) * block);
  return std::max(0.0, (tensor - 1) * reduction_seconds(block, s.activation_bytes == 2, m) + messages - std::min(2 * messages, product));
}

bool is_computed_again(Range chunk, size_t l, int keep_every) {
  return !is_kept(int(l + 1 - chunk.first), int(chunk.size()), keep_every);
}

// The activations that go to the next chunk, or their gradients that come back.
double message_seconds(const HybridSettings& s, size_t boundary, size_t rows, int tensor, const Machine& m) {
  const bool split = boundary % 2 == 1;  // behind a layer that is cut by columns
  return m.exchange(double(s.activation_bytes) * double(rows) * s.sizes[boundary] / (split ? tensor : 1));
}

}  // namespace

GridPlan estimate(const HybridSettings& s, const GridShape& shape, const PlanMachine& machine) {
  const std::vector<Range> chunks = balanced_chunks(s.sizes, shape.pipeline * s.chunks);
  const size_t rows = size_t(s.rows());
  const bool crosses = machine.ranks_of_node > 0 && shape.ranks() > machine.ranks_of_node && machine.ranks_of_node % shape.tensor > 0;
  const Machine& sums = crosses && knows_nodes(machine) ? machine.between : machine.messages;
  const auto stage_of = [&](size_t chunk) { return GridPlace{0, int(chunk) % shape.pipeline, 0}; };
  StepTimes times;
  std::vector<double> computing(size_t(shape.pipeline)), busy = computing;
  for (size_t c = 0; c < chunks.size(); ++c) {
    double forward = 0, backward = 0, weights = 0;
    for (size_t l = chunks[c].first; l < chunks[c].last; ++l) {
      forward += product_seconds(s.sizes, l, rows, shape.tensor, machine, Pass::forward);
      weights += product_seconds(s.sizes, l, rows, shape.tensor, machine, Pass::weights);
      backward += product_seconds(s.sizes, l, rows, shape.tensor, machine, Pass::backward);
      if (is_computed_again(chunks[c], l, s.keep_every))
        backward += product_seconds(s.sizes, l, rows, shape.tensor, machine, Pass::forward);
    }
    computing[c % size_t(shape.pipeline)] += forward + backward;
    for (size_t l = chunks[c].first; l < chunks[c].last; ++l) {
      const bool waits = l == chunks[c].first || is_in_halves(s.schedule);
      const double dw = product_seconds(s.sizes, l, rows, shape.tensor, machine, Pass::weights);
      forward += forward_sum_seconds(s, l, rows, shape.tensor, sums);
      backward += backward_sum_seconds(s, l, rows, shape.tensor, sums, waits ? 0 : dw);
      if (is_computed_again(chunks[c], l, s.keep_every)) backward += forward_sum_seconds(s, l, rows, shape.tensor, sums);
    }
    if (shape.pipeline > 1 && c + 1 < chunks.size())
      forward += message_seconds(s, chunks[c].last, rows, shape.tensor, messages_between(stage_of(c), stage_of(c + 1), shape, machine));
    if (shape.pipeline > 1 && c > 0)
      backward += message_seconds(s, chunks[c].first, rows, shape.tensor, messages_between(stage_of(c), stage_of(c - 1), shape, machine));
    busy[c % size_t(shape.pipeline)] += forward + backward;
    times.forward.push_back(forward);
    times.backward.push_back(backward);
    times.weights.push_back(weights);
  }

  // Data rank D - 1 has as many micro-batches as any.
  const GridPlace busiest{shape.data - 1, 0, 0};
  const Schedule schedule = stage_schedule(s, shape, busiest);
  const Proof proof = check(schedule, times);
  const size_t vectors = s.optimizer.name == "adam" ? 4 : s.optimizer.name == "momentum" ? 3 : 2;
  GridPlan plan{.shape = shape, .micro_batches = s.micro_batches, .keep_every = s.keep_every, .crosses = crosses, .two_level = s.two_level};
  for (int stage = 0; stage < shape.pipeline; ++stage) {
    const size_t n = stage_layout(s, shape, {0, stage, 0}).count;
    const double update = 4.0 * double(vectors * n) / shape.data / machine.bytes_per_second;
    const double done = proof.times[size_t(stage)].back().end;
    const double gradients = exchange_seconds(n, data_nodes(shape, stage, machine), s, machine);
    if (done + gradients + update > plan.seconds) {
      const double times = schedule.micro_batches, passes = times * computing[size_t(stage)], all = times * busy[size_t(stage)];
      plan.seconds = done + gradients + update;
      plan.parts = {passes, all - passes, done - all, gradients, update};
    }
    plan.computing += (update + computing[size_t(stage)] * double(s.micro_batches) / shape.data) / shape.pipeline;
  }
  HybridSettings on_nodes = s;
  for (int rank = 0; rank < shape.ranks() && machine.ranks_of_node > 0; ++rank) on_nodes.nodes.push_back(rank / machine.ranks_of_node);
  plan.memory = double(largest_footprint(on_nodes, shape).sum());
  plan.fits = machine.memory == 0 || plan.memory <= machine.memory;
  return plan;
}

namespace {

// How many micro-batches to try: one for each data rank, and some more where a pipeline wants to be filled.
std::vector<int> candidates(const HybridSettings& s, const GridShape& shape, int wish) {
  if (wish > 0) return {wish};
  std::vector<int> all;
  for (int each = 1; each <= (shape.pipeline == 1 ? 1 : 4 * shape.pipeline); each *= 2)
    if (each == 1 || size_t(each) * size_t(shape.data) <= s.batch) all.push_back(each * shape.data);
  return all;
}

// One level, two, or both: where messages between nodes cost something else.
std::vector<bool> level_candidates(const GridShape& shape, int wish, const PlanMachine& m) {
  if (wish > 0) return {wish == 2};
  if (shape.data == 1 || !knows_nodes(m)) return {false};
  return {false, true};
}

bool before(const GridPlan& a, const GridPlan& b) {
  if (a.fits != b.fits) return a.fits;
  if (a.crosses != b.crosses) return b.crosses;
  return a.fits ? a.seconds < b.seconds : a.memory < b.memory;
}

std::string given(const GridWish& wish) {
  std::string text;
  if (wish.data > 0) text += " --replicas " + std::to_string(wish.data);
  if (wish.pipeline > 0) text += " --pipeline " + std::to_string(wish.pipeline);
  if (wish.tensor > 0) text += " --tensor " + std::to_string(wish.tensor);
  return text.empty() ? text : text.substr(1) + ": ";
}

}  // namespace

std::vector<GridPlan> plan_grids(const HybridSettings& settings, const GridWish& wish, int ranks,
                                 const PlanMachine& machine) {
  std::vector<GridPlan> plans;
  bool divides = false;
  const auto allows = [](int wished, int n) { return wished == 0 || wished == n; };
  for (int data = 1; data <= ranks; ++data)
    for (int pipeline = 1; data * pipeline <= ranks; ++pipeline) {
      const GridShape shape{data, pipeline, ranks / data / pipeline};
      if (shape.ranks() != ranks || !allows(wish.data, data) || !allows(wish.pipeline, pipeline) ||
          !allows(wish.tensor, shape.tensor))
        continue;
      divides = true;
      if (size_t(pipeline * settings.chunks) >= settings.sizes.size()) continue;
      std::vector<GridPlan> ways;
      for (int micro_batches : candidates(settings, shape, wish.micro_batches)) {
        HybridSettings s = settings;
        s.micro_batches = micro_batches;
        // A chunk has fewer layers than the network: to keep still fewer changes nothing.
        const bool given = wish.keep_every > 0 || is_in_halves(s.schedule);
        const int first = std::max(1, wish.keep_every), last = given ? first : int(s.sizes.size()) - 1;
        for (const bool two : level_candidates(shape, wish.levels, machine)) {
          s.two_level = two;
          for (s.keep_every = first; s.keep_every <= last; ++s.keep_every) {
            ways.push_back(estimate(s, shape, machine));
            if (ways.back().fits) break;
          }
        }
      }
      plans.push_back(*std::ranges::min_element(ways, before));
    }
  if (!divides)
    throw Error(given(wish) + "does not multiply to the " + std::to_string(ranks) + " rank" + (ranks == 1 ? "" : "s") +
                " that there are");
  if (plans.empty())
    throw Error(given(wish) + "more stages than the network's " + std::to_string(settings.sizes.size() - 1) +
                " layers (--hidden)");
  std::ranges::stable_sort(plans, before);
  return plans;
}

std::string why_not(const GridPlan& second, const GridPlan& first) {
  const std::string name = to_string(second.shape);
  char line[200];
  if (!second.fits && first.fits)
    std::snprintf(line, sizeof line, "%s needs %.1f MB a rank, too much\n", name.c_str(), second.memory / 1e6);
  else if (second.crosses && !first.crosses)
    std::snprintf(line, sizeof line, "%s has tensor ranks on different nodes: only where --tensor asks for it\n", name.c_str());
  else {
    const auto &a = first.parts, &b = second.parts;
    const auto ms = [](double b, double a) { return std::round(1e5 * (b - a)) / 100 + 0.0; };  // never -0.00
    std::snprintf(line, sizeof line,
                  "%s takes %.2f ms more: passes %+.2f, their sums and messages %+.2f, bubble %+.2f, gradients %+.2f, update %+.2f\n",
                  name.c_str(), ms(second.seconds, first.seconds), ms(b.passes, a.passes), ms(b.sums, a.sums), ms(b.bubble, a.bubble),
                  ms(b.gradients, a.gradients), ms(b.update, a.update));
  }
  return line;
}

std::string table_of(const std::vector<GridPlan>& plans, size_t most) {
  std::string text = "  data pipeline tensor micro-batches   estimated ms a step   computing   MB a rank\n";
  for (size_t i = 0; i < std::min(plans.size(), most); ++i) {
    const GridPlan& p = plans[i];
    char line[160];
    std::snprintf(line, sizeof line, "%6d %8d %6d %13d   %19.2f   %7.0f %%   %9.1f%s%s\n", p.shape.data, p.shape.pipeline,
                  p.shape.tensor, p.micro_batches, 1e3 * p.seconds, 100 * p.computing / p.seconds, p.memory / 1e6,
                  !p.fits ? "  too large" : p.crosses ? "  across nodes" : "", p.two_level ? "  two levels" : "");
    text += line;
  }
  return text;
}
