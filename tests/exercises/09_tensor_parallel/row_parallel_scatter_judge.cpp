#include "common/split.h"
#include "tests/exercises/judge.h"

namespace {

struct Layer {
  size_t rows, in, out;
  Floats x = small_integers(rows * in), w = small_integers(in * out), b = small_integers(out, 5, 20);

  // x · w over the inputs `part`: element (row, o)
  double term(size_t row, size_t o, Range part) const {
    double sum = 0;
    for (size_t i = part.first; i < part.last; ++i) sum += double(x[row * in + i]) * w[i * out + o];
    return sum;
  }
};

double relu(double value) { return value > 0 ? value : 0; }

std::string wrong_on_rank(const Floats& y, const Layer& layer, size_t ranks, size_t rank) {
  const Range rows = share(layer.rows, ranks, rank), whole{0, layer.in};
  Doubles right, bias_each, relu_each, no_bias, no_relu, alone;
  for (size_t row = rows.first; row < rows.last; ++row)
    for (size_t o = 0; o < layer.out; ++o) {
      const double sum = layer.term(row, o, whole), bias = layer.b[o];
      double cut = 0;
      for (size_t r = 0; r < ranks; ++r) cut += relu(layer.term(row, o, share(layer.in, ranks, r)));
      right.push_back(relu(sum + bias));
      bias_each.push_back(relu(sum + double(ranks) * bias));
      relu_each.push_back(relu(cut + bias));
      no_bias.push_back(relu(sum));
      no_relu.push_back(sum + bias);
      alone.push_back(relu(layer.term(row, o, share(layer.in, ranks, rank)) + bias));
    }
  std::vector<Mistake> mistakes = {{"b is missing", no_bias}, {"y has negative elements: relu is missing", no_relu}};
  if (ranks > 1)
    mistakes.insert(mistakes.end(), {{"b is added by every rank, so it is in the sum more than once", bias_each},
                                     {"relu is taken of each term, before they are added", relu_each},
                                     {"y is made of the term of this rank alone", alone}});
  return compare_values("y", y, right, 0, mistakes, layer.out);
}

// Small whole numbers: every sum is exact, in any order.
std::string wrong_with(int ranks, int rows, int in, int out) {
  const Layer layer{size_t(rows), size_t(in), size_t(out)};
  std::vector<Answers> answers =
      Trial().give(rows).give(in).give(out).give(layer.x).give(layer.w).give(layer.b).run_ranks(ranks);
  for (int rank = 0; rank < ranks; ++rank) {
    const size_t mine = share(size_t(rows), size_t(ranks), size_t(rank)).size();
    const Floats y = answers[size_t(rank)].floats("y", mine * size_t(out));
    if (mine == 0) continue;
    if (const std::string words = wrong_on_rank(y, layer, size_t(ranks), size_t(rank)); !words.empty())
      return "with " + std::to_string(ranks) + " ranks, " + std::to_string(rows) + " rows, in " + std::to_string(in) + ", out " +
             std::to_string(out) + ": " + words + " (on rank " + std::to_string(rank) + ")";
  }
  return "";
}

// covers: The layer y | b (out) is | Here rank r gets | That is half as much
TEST(row_parallel_scatter, UnequalShares) {
  for (int ranks : task_ranks()) EXPECT_RIGHT(wrong_with(ranks, 7, 10, 5));
}
TEST(row_parallel_scatter, FewerRowsAndInputsThanRanks) { EXPECT_RIGHT(wrong_with(3, 2, 2, 4)); }

// explains (the chapter's way): Chapter 09 adds

}  // namespace
