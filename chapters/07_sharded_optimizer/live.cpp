// The book's live figure of this chapter: what each rank keeps and sends, by formula, and the formulas with the numbers put in.
// sources: footprint formulas shards chapters/01_serial/layout chapters/01_serial/optimizer chapters/05_collectives/nodes
#include <algorithm>

#include "chapters/07_sharded_optimizer/formulas.h"
#include "common/live/live.h"

namespace {

Shards shards_of(const live::Settings& s, size_t unit) {
  std::vector<int> sizes(size_t(s.integer("layers")) + 1, s.integer("width"));
  sizes.front() = 784;
  sizes.push_back(10);
  return {make_units(make_layout(sizes), unit), s.integer("ranks")};
}

live::Json figure(const live::Settings& s) {
  ZeroOptions options{.level = s.integer("level"), .unit = s.integer("unit"), .micro_batches = s.integer("micro_batches"), .prefetch = s.at("prefetch") == "yes"};
  const Shards shards = shards_of(s, size_t(options.unit));
  const int state = state_vectors({.name = s.at("optimizer")}), shown = std::min(s.integer("rank"), shards.ranks - 1);
  const size_t bytes = size_t(s.integer("bits")) / 8;
  const auto footprint = [&](int rank) -> std::vector<double> {
    const Footprint f = predict(shards, options, state, rank, bytes);
    return {double(f.parameters), double(f.gradients), double(f.optimizer), double(f.exchange), double(f.sent)};
  };

  std::vector<std::vector<double>> of_ranks, of_levels;  // bytes; of levels: of the rank that needs most
  for (int rank = 0; rank < shards.ranks; ++rank) of_ranks.push_back(footprint(rank));
  const Formulas text = formulas(shards, options, state, shown, bytes);
  std::vector<live::Json> rows;
  for (const auto& [name, letters, numbers] : text.rows) rows.push_back({{"name", name}, {"letters", letters}, {"numbers", numbers}});
  for (options.level = 0; options.level <= 3; ++options.level) {
    auto& most = of_levels.emplace_back(5, 0.0);
    for (int rank = 0; rank < shards.ranks; ++rank) {
      const std::vector<double> of_rank = footprint(rank);
      for (size_t i = 0; i < most.size(); ++i) most[i] = std::max(most[i], of_rank[i]);
    }
  }
  return {{"parameters", shards.count()}, {"ranks", of_ranks}, {"levels", of_levels}, {"formulas", rows}, {"meanings", text.meanings}, {"shown", shown}};
}

const live::Figure here(figure);

}  // namespace
