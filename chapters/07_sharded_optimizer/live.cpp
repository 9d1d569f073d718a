// The book's live figure of this chapter: what each rank keeps and sends, by formula, and the formulas with the numbers put in.
// sources: footprint shards chapters/01_serial/layout chapters/01_serial/optimizer
#include <algorithm>

#include "chapters/07_sharded_optimizer/footprint.h"
#include "common/error.h"
#include "common/live/live.h"

namespace {

struct Setting {
  Shards shards;
  ZeroOptions options;
  int state = 0;  // vectors of it
};

Setting read(const live::Settings& s) {
  std::vector<int> sizes(size_t(s.integer("layers")) + 1, s.integer("width"));
  sizes.front() = 784;
  sizes.push_back(10);
  OptimizerOptions optimizer;
  optimizer.name = s.at("optimizer");
  const ZeroOptions options{.level = s.integer("level"), .unit = s.integer("unit"), .micro_batches = s.integer("micro_batches")};
  return {{make_units(make_layout(sizes), size_t(options.unit)), s.integer("ranks")}, options, state_vectors(optimizer)};
}

std::vector<double> bytes(const Footprint& f) {
  return {double(f.parameters), double(f.gradients), double(f.optimizer), double(f.exchange), double(f.sent)};
}

// The rows of footprint.h and of the chapter's text for one level and one rank: letters, then numbers, in floats.
std::vector<live::Json> formulas(const Setting& setting, int rank) {
  const auto& [shards, options, k] = setting;
  const std::string n = std::to_string(shards.count()), S = std::to_string(shards.size(rank)), U = std::to_string(shards.largest_unit());
  const std::string state = std::to_string(k), others = std::to_string(shards.ranks - 1), part = std::to_string(shards.largest_part(rank));
  const int64_t p = shards.ranks, level = options.level, rounds = (options.micro_batches + p - 1) / p;
  const std::string own = std::to_string((options.micro_batches + p - 1 - rank) / p), r = std::to_string(rounds);
  std::vector<live::Json> rows;
  const auto row = [&](const char* name, const std::string& letters, const std::string& numbers) {
    rows.push_back({{"name", name}, {"letters", letters}, {"numbers", numbers}});
  };
  row("weights", level < 3 ? "n" : "S + U", level < 3 ? n : S + " + " + U);
  const bool sums = level < 2 && rounds > 1;
  row("gradients", level < 2 ? (sums ? "n + S" : "n") : "S + U", level < 2 ? (sums ? n + " + " + S : n) : S + " + " + U);
  row("state", level < 1 ? "k · n" : "k · S", state + " · " + (level < 1 ? n : S));
  row("exchange", "(p - 1) · part", others + " · " + part);
  const std::string reduce = own + " · (" + n + " - " + S + ") + " + others + " · ";
  if (level < 3) {
    row("sent in a step", "b · (n - S) + (p - 1) · S", reduce + S);
  } else {
    const bool alone = shards.units.front().last_layer == 1;  // the first layer's backward needs no weights
    const std::string first = std::to_string(alone ? shards.part(0, rank).size() : 0);
    row("sent in a step", "b · (n - S) + (p - 1) · r · (2 · S - first)", reduce + r + " · (2 · " + S + " - " + first + ")");
  }
  return rows;
}

live::Json figure(const live::Settings& s) {
  Setting setting = read(s);
  const int ranks = setting.shards.ranks, shown = std::min(s.integer("rank"), ranks - 1);
  std::vector<std::vector<double>> of_ranks, of_levels;  // bytes; of levels: of the rank that needs most
  for (int rank = 0; rank < ranks; ++rank) of_ranks.push_back(bytes(predict(setting.shards, setting.options, setting.state, rank)));
  const std::vector<live::Json> rows = formulas(setting, shown);
  for (setting.options.level = 0; setting.options.level <= 3; ++setting.options.level) {
    auto& most = of_levels.emplace_back(5, 0.0);
    for (int rank = 0; rank < ranks; ++rank) {
      const auto of_rank = bytes(predict(setting.shards, setting.options, setting.state, rank));
      for (size_t i = 0; i < most.size(); ++i) most[i] = std::max(most[i], of_rank[i]);
    }
  }
  return {{"parameters", setting.shards.count()}, {"ranks", of_ranks}, {"levels", of_levels}, {"formulas", rows}, {"shown", shown}};
}

const live::Figure here(figure);

}  // namespace
