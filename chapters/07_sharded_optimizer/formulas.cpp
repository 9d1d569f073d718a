#include "chapters/07_sharded_optimizer/formulas.h"

#include <algorithm>
#include <cctype>

#include "chapters/05_collectives/nodes.h"
#include "common/error.h"

namespace {

struct Letter {
  std::string name;
  size_t value;
  const char* meaning;
  bool used = false;
};

// The formula with each letter's value in its place.
std::string put_in(const std::string& formula, std::vector<Letter>& letters) {
  std::string numbers, name;
  for (const char c : formula + " ") {
    if (std::isalpha(static_cast<unsigned char>(c))) {
      name += c;
      continue;
    }
    if (!name.empty()) {
      const auto letter = std::find_if(letters.begin(), letters.end(), [&](const Letter& l) { return l.name == name; });
      if (letter == letters.end()) throw Error(formula + ": no letter " + name);
      letter->used = true;
      numbers += std::to_string(letter->value);
      name.clear();
    }
    numbers += c;
  }
  numbers.pop_back();
  return numbers;
}

}  // namespace

Formulas formulas(const Shards& shards, const ZeroOptions& options, int state_vectors, int rank, size_t bytes) {
  const size_t p = size_t(shards.ranks), micro_batches = size_t(options.micro_batches), rounds = (micro_batches + p - 1) / p;
  const bool first_alone = shards.units.front().last_layer == 1, masters = bytes < 4;
  const Nodes nodes = make_nodes(options.nodes.empty() ? std::vector<int>(p) : options.nodes);
  std::vector<Letter> letters = {
      {"w", bytes, "bytes of a weight, of a gradient, of a number that is sent"},
      {"n", shards.count(), "parameters"},
      {"S", shards.size(rank), "the rank's shard"},
      {"U", shards.largest_unit(), "the largest unit"},
      {"even", shards.largest_unit(0, 2), "the largest unit with an even number"},
      {"odd", shards.largest_unit(1, 2), "the largest one with an odd number"},
      {"k", size_t(state_vectors) + masters, masters ? "vectors of state, with the float masters" : "vectors of state"},
      {"p", p, "ranks"},
      {"part", shards.largest_part(rank), "the rank's largest part of a unit"},
      {"here", nodes.ranks[size_t(nodes.node_of[size_t(rank)])].size(), "ranks of its node"},
      {"nodes", nodes.ranks.size(), "nodes"},
      {"owners", nodes.owners_of(rank).size(), "owners for whom it stands there"},
      {"longest", (shards.largest_unit() + p - 1) / p, "the longest part of any rank"},
      {"b", (micro_batches + p - 1 - size_t(rank)) / p, "the rank's micro-batches"},
      {"r", rounds, "rounds"},
      {"first", first_alone ? shards.part(0, rank).size() : 0, "its part of the first unit, if that is one layer"},
      {"again", gathered_again(shards, options.recompute, rank), "its parts of units that are gathered once more, to compute again"},
  };

  const int64_t level = options.level;
  const std::string in_use = options.prefetch ? "w · (S + even + odd)" : "w · (S + U)", all = rounds > 1 ? "w · (n + S)" : "w · n";
  const std::string gathered = options.recompute > 1 ? "(2 · S - first + again)" : "(2 · S - first)";
  Formulas result;
  const auto row = [&](const char* name, const std::string& formula) { result.rows.push_back({name, formula, put_in(formula, letters)}); };
  row("weights", level < 3 ? "w · n" : in_use);
  row("gradients", level < 2 ? all : "w · (S + U)");
  row("state", level < 1 ? "4 · k · n" : "4 · k · S");
  row("exchange", options.two_level ? "w · longest · ((here + 1) · owners + nodes)" : "w · (p - 1) · part");
  row("sent in a step", level < 3 ? "w · (b · (n - S) + (p - 1) · S)" : "w · (b · (n - S) + (p - 1) · r · " + gathered + ")");
  for (const Letter& letter : letters)
    if (letter.used) result.meanings += (result.meanings.empty() ? "" : ", ") + letter.name + ": " + letter.meaning;
  return result;
}
