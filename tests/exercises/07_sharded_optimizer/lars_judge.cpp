#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

#include "common/split.h"
#include "tests/exercises/judge.h"

namespace {

// Fewer than ten roundings of floats below 8, each of at most 2^-22.
constexpr double bound = 1e-5;
constexpr double rate = 0.25, momentum = 0.5;

struct Model {
  double decay = 0.125;
  std::vector<Range> layers, shards;
  Floats w, v, g;  // of the whole model
};

size_t index_in(const std::vector<Range>& ranges, size_t i) {
  size_t index = 0;
  while (ranges[index].last <= i) ++index;
  return index;
}

// The layer that element i is taken for.
enum class Place { right, late, early, in_shard };

size_t layer_of(const Model& model, size_t i, Place place) {
  if (place == Place::in_shard) i -= model.shards[index_in(model.shards, i)].first;
  const size_t layer = index_in(model.layers, i);
  if (place == Place::late && i == model.layers[layer].first && layer > 0) return layer - 1;
  if (place == Place::early && i + 1 == model.layers[layer].last && layer + 1 < model.layers.size())
    return layer + 1;
  return layer;
}

enum class Norm { right, own_shard, whole_vector, sum_of_norms, no_root, floats, of_both };

struct Way {
  std::string words;
  Norm norm = Norm::right;
  Place sums = Place::right, update = Place::right;
  bool zero_is_seen = true, decay_in_ratio = true, decay_in_step = true, rate_in_v = true;
};

// The squares of `values`, added as the way says: [rank][layer].
std::vector<Doubles> squares(const Model& model, const Doubles& values, const Way& way) {
  std::vector<Doubles> sums(model.shards.size(), Doubles(model.layers.size()));
  for (size_t i = 0; i < values.size(); ++i) {
    double square = values[i] * values[i];
    if (way.norm == Norm::floats && square > double(std::numeric_limits<float>::max()))
      square = std::numeric_limits<double>::infinity();
    sums[index_in(model.shards, i)][layer_of(model, i, way.sums)] += square;
  }
  return sums;
}

double norm_of(const std::vector<Doubles>& sums, size_t rank, size_t layer, Norm norm) {
  if (norm == Norm::own_shard) return std::sqrt(sums[rank][layer]);
  double sum = 0;
  for (const Doubles& of_rank : sums)
    for (size_t l = 0; l < of_rank.size(); ++l)
      if (l == layer || norm == Norm::whole_vector)
        sum += norm == Norm::sum_of_norms ? std::sqrt(of_rank[l]) : of_rank[l];
  return norm == Norm::sum_of_norms || norm == Norm::no_root ? sum : std::sqrt(sum);
}

struct State {
  Doubles w, v, ratio;  // of each element
};

State lars(const Model& model, const Way& way) {
  State state{{model.w.begin(), model.w.end()}, {model.v.begin(), model.v.end()}, {}};
  const Doubles w = state.w, g(model.g.begin(), model.g.end());
  Doubles both = g;
  for (size_t i = 0; i < w.size(); ++i) both[i] += model.decay * w[i];
  const std::vector<Doubles> squares_w = squares(model, w, way), squares_g = squares(model, g, way),
                             squares_both = squares(model, both, way);
  for (size_t i = 0; i < w.size(); ++i) {
    const size_t rank = index_in(model.shards, i), layer = layer_of(model, i, way.update);
    const double norm_w = norm_of(squares_w, rank, layer, way.norm),
                 norm_g = norm_of(squares_g, rank, layer, way.norm);
    const double divisor = way.norm == Norm::of_both
                               ? norm_of(squares_both, rank, layer, way.norm)
                               : norm_g + (way.decay_in_ratio ? model.decay * norm_w : 0);
    const double ratio = way.zero_is_seen && (norm_w == 0 || norm_g == 0) ? 1 : norm_w / divisor;
    const double step = ratio * (g[i] + (way.decay_in_step ? model.decay * w[i] : 0));
    state.v[i] = momentum * state.v[i] + (way.rate_in_v ? rate : 1) * step;
    state.w[i] -= (way.rate_in_v ? 1 : rate) * state.v[i];
    state.ratio.push_back(ratio);
  }
  return state;
}

std::vector<Way> usual_mistakes() {
  const std::string
      late = "the first element of a layer is taken for one of the layer before",
      early = "the last element of a layer is taken for one of the layer behind it",
      in_shard =
          "places in the shard are taken for places in the whole vector: a shard begins at shard.first";
  return {
      {"the norms are those of the own shard's part of a layer: what the other ranks have of it is missing",
       Norm::own_shard},
      {"the norms are those of the whole vector; each layer has its own", Norm::whole_vector},
      {"norms are added over the ranks: the squares are to be added, and the root comes last",
       Norm::sum_of_norms},
      {"the ratio is one of squares: their roots are missing", Norm::no_root},
      {"a norm is infinite: squares of large floats do not fit into a float", Norm::floats},
      {"the divisor is the norm of g + decay * w; it should be |g| + decay * |w|", Norm::of_both},
      {late, Norm::right, Place::late, Place::late},
      {early, Norm::right, Place::early, Place::early},
      {in_shard, Norm::right, Place::in_shard, Place::in_shard},
      {late + ", in the update (the sums are right)", Norm::right, Place::right, Place::late},
      {early + ", in the update (the sums are right)", Norm::right, Place::right, Place::early},
      {in_shard, Norm::right, Place::right, Place::in_shard},
      {late + ", in the sums", Norm::right, Place::late, Place::right},
      {early + ", in the sums", Norm::right, Place::early, Place::right},
      {in_shard, Norm::right, Place::in_shard, Place::right},
      {"a layer with a norm of 0 has a ratio of 1", Norm::right, Place::right, Place::right, false},
      {"the weight decay is missing in the ratio", Norm::right, Place::right, Place::right, true, false},
      {"the weight decay is missing in v", Norm::right, Place::right, Place::right, true, true, false},
      {"the weight decay is left out", Norm::right, Place::right, Place::right, true, false, false},
      {"v has the rate in it already, and w = w - v comes without it", Norm::right, Place::right,
       Place::right, true, true, true, false},
  };
}

bool right(double actual, double expected) { return std::abs(actual - expected) <= bound; }

std::string first_wrong(const Model& model, const std::string& name, const Floats& actual,
                        const Doubles& expected, const Doubles& ratio) {
  size_t i = 0;
  while (right(actual[i], expected[i])) ++i;
  const size_t rank = index_in(model.shards, i);
  std::ostringstream text;
  text << name << "[" << i - model.shards[rank].first << "] of rank " << rank << ", in layer "
       << index_in(model.layers, i);
  if (std::isnan(actual[i]))
    text << ", is not a number";
  else
    text << ", is " << actual[i];
  text << "; it should be " << expected[i] << " (the ratio of the layer is " << ratio[i] << ")";
  return text.str();
}

std::string wrong_model(const Model& model, const Floats& w, const Floats& v) {
  const State expected = lars(model, {});
  if (!within(w, expected.w, bound)) {
    if (w == model.w) return "all weights stay as they were";
    for (const Way& way : usual_mistakes())
      if (within(w, lars(model, way).w, bound)) return way.words;
    return first_wrong(model, "w", w, expected.w, expected.ratio);
  }
  return within(v, expected.v, bound) ? "" : first_wrong(model, "v", v, expected.v, expected.ratio);
}

std::vector<Range> ranges(const std::vector<int>& sizes) {
  std::vector<Range> all;
  size_t first = 0;
  for (int size : sizes) {
    all.push_back({first, first + size_t(size)});
    first = all.back().last;
  }
  return all;
}

// Every layer has gradients of another size.
Model random_model(const std::vector<int>& layers, const std::vector<int>& shards) {
  Model model{0.125, ranges(layers), ranges(shards), {}, {}, {}};
  const size_t n = model.layers.back().last;
  model.w = random_floats(n), model.v = random_floats(n), model.g = random_floats(n);
  const float sizes[] = {1, 4, 0.25f, 2, 0.5f};
  for (size_t i = 0; i < n; ++i) model.g[i] *= sizes[index_in(model.layers, i) % 5];
  return model;
}

// Layer 1 lies on three ranks where there are three or five; the last rank has several layers; with five one has none.
Model uneven(int ranks) {
  const std::vector<int> shards = ranks == 1   ? std::vector<int>{32}
                                  : ranks == 2 ? std::vector<int>{10, 22}
                                  : ranks == 3 ? std::vector<int>{7, 6, 19}
                                               : std::vector<int>{3, 6, 0, 8, 15};
  return random_model({4, 15, 3, 2, 8}, shards);
}

Model cut_anywhere(int ranks) {
  std::vector<int> layers, cuts = {0}, shards;
  for (int layer = 0; layer < 4; ++layer) layers.push_back(random_number(2, 6));
  const int n = int(ranges(layers).back().last);
  for (int rank = 1; rank < ranks; ++rank) cuts.push_back(random_number(0, n));
  cuts.push_back(n);
  std::sort(cuts.begin(), cuts.end());
  for (int rank = 0; rank < ranks; ++rank) shards.push_back(cuts[size_t(rank) + 1] - cuts[size_t(rank)]);
  return random_model(layers, shards);
}

void scale(Floats& values, Range range, float factor) {
  for (size_t i = range.first; i < range.last; ++i) values[i] *= factor;
}

Model zero_norms(int ranks) {
  Model model = cut_anywhere(ranks);
  scale(model.w, model.layers[1], 0);
  scale(model.g, model.layers[3], 0);
  return model;
}

Model all_zero_and_huge(int ranks) {
  Model model = cut_anywhere(ranks);
  model.decay = 0;
  scale(model.g, model.layers[0], 0x1p80f);
  scale(model.w, model.layers[2], 0);
  scale(model.g, model.layers[2], 0);
  return model;
}

std::string sizes_of(const std::vector<Range>& ranges) {
  std::string text;
  for (const Range& range : ranges) text += (text.empty() ? "" : ", ") + std::to_string(range.size());
  return text;
}

std::string wrong_with(int ranks, const std::vector<Model>& models) {
  Trial trial;
  trial.give(int(models.size()));
  for (const Model& model : models) {
    trial.give(float(rate)).give(float(momentum)).give(float(model.decay));
    for (const auto* all : {&model.layers, &model.shards}) {
      trial.give(int(all->size()));
      for (const Range& range : *all) trial.give(int(range.size()));
    }
    trial.give(model.w).give(model.v).give(model.g);
  }
  std::vector<Answers> answers = trial.run_ranks(ranks);
  for (const Model& model : models) {
    Floats w, v;
    std::vector<Answers::Traffic> traffic;
    for (size_t rank = 0; rank < size_t(ranks); ++rank) {
      const size_t n = model.shards[rank].size();
      for (float value : answers[rank].floats("w", n)) w.push_back(value);
      for (float value : answers[rank].floats("v", n)) v.push_back(value);
      traffic.push_back(answers[rank].traffic());
    }
    if (const std::string words = wrong_model(model, w, v); !words.empty())
      return with_ranks(ranks) + ", layers of " + sizes_of(model.layers) + ", shards of " +
             sizes_of(model.shards) + ": " + words;
    for (const Answers::Traffic& t : traffic)
      if (ranks > 1 && (t.collectives != 1 || t.messages > 0))
        return with_ranks(ranks) + ": all is right, but a rank calls " + std::to_string(t.collectives) + " collectives and sends " +
               std::to_string(t.messages) + " messages; one MPI_Allreduce for all layers together is asked for";
  }
  return "";
}

// covers: One step, for a layer | The weights of all layers | Each rank owns | The shards follow | So a layer may
// covers: One MPI_Allreduce | Squares are computed
TEST(lars, StepsOnShards) {
  for (int ranks : task_ranks())
    EXPECT_RIGHT(
        wrong_with(ranks, {uneven(ranks), cut_anywhere(ranks), zero_norms(ranks), all_zero_and_huge(ranks)}));
}

// unchecked (calls are not counted): One MPI_Allreduce

// explains (what it is for, and what the judge gives): LARS (Y. You | g is the gradient

}  // namespace
