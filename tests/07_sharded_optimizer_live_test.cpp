// The live figure of chapter 07 shows what the native formulas say, and its formulas with numbers put in have these values.
// ranks: 1
#include <cctype>

#include "chapters/07_sharded_optimizer/formulas.h"
#include "common/error.h"
#include "tests/live_figure.h"

namespace {

const std::string figure = "07_sharded_optimizer";

// The value of a text with whole numbers, +, -, · and brackets.
class Value {
 public:
  explicit Value(const std::string& text) : text_(text) {}
  double sum() {
    double value = product();
    while (true) {
      if (take("+")) value += product();
      else if (take("-")) value -= product();
      else return value;
    }
  }
  bool ended() { return take(""), at_ == text_.size(); }

 private:
  bool take(const std::string& sign) {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    if (text_.compare(at_, sign.size(), sign) != 0) return false;
    at_ += sign.size();
    return true;
  }
  double product() {
    double value = number();
    while (take("·")) value *= number();
    return value;
  }
  double number() {
    if (take("(")) {
      const double value = sum();
      EXPECT_TRUE(take(")")) << text_;
      return value;
    }
    double value = 0;
    while (at_ < text_.size() && std::isdigit(static_cast<unsigned char>(text_[at_]))) value = 10 * value + (text_[at_++] - '0');
    return value;
  }
  const std::string& text_;
  size_t at_ = 0;
};

// MB, as the table has them.
std::string mega(double bytes) { return printed(bytes < 1e8 ? "%.2f" : "%.0f", bytes / 1e6); }

void expect_value(const std::string& numbers, double expected) {
  Value value(numbers);
  EXPECT_EQ(value.sum(), expected) << numbers;
  EXPECT_TRUE(value.ended()) << numbers;
}

// The text beside the bars says what is computed, and explains the letters that it has: without the tools, too.
TEST(MemoryFormulas, HaveTheValuesOfTheFootprint) {
  for (int ranks : {1, 3, 4})
    for (int level = 0; level <= 3; ++level)
      for (int micro_batches : {2, 7})
        for (bool prefetch : {false, true})
          for (size_t w : {2, 4})
            for (int rank = 0; rank < ranks; ++rank) {
              const int keep_every = prefetch ? 1 : 2;
              const Shards shards{make_units(make_layout({10, 14, 3, 9}), 1, keep_every), ranks};
              const ZeroOptions options{level, 1, micro_batches, prefetch, micro_batches == 7, {}, "auto", keep_every};
              const Footprint f = predict(shards, options, 2, rank, w);
              const Formulas text = formulas(shards, options, 2, rank, w);
              const size_t bytes[] = {f.parameters, f.gradients, f.optimizer, f.exchange, f.sent};
              ASSERT_EQ(text.rows.size(), 5u);
              for (size_t i = 0; i < 5; ++i) expect_value(text.rows[i].numbers, double(bytes[i]));
            }
  const Shards shards{make_units(make_layout({10, 14, 3, 9}), 1), 3};  // units of 154, 45 and 36
  const Formulas text = formulas(shards, {3, 1, 3, true}, 2, 0, 2);
  EXPECT_EQ(text.rows[0].letters, "w · (S + even + odd)");
  EXPECT_EQ(text.rows[0].numbers, "2 · (78 + 154 + 45)");
  EXPECT_EQ(text.rows[2].numbers, "4 · 3 · 78");
  EXPECT_EQ(text.rows[4].letters, "w · (b · (n - S) + (p - 1) · r · (2 · S - first))");  // nothing is computed again
  EXPECT_NE(text.meanings.find("S: the rank's shard, "), std::string::npos);
  EXPECT_NE(text.meanings.find("k: vectors of state, with the float masters, p: ranks"), std::string::npos);
  EXPECT_NE(text.meanings.find("odd: the largest one with an odd number"), std::string::npos);
  EXPECT_EQ(formulas(shards, {2, 1, 3}, 2, 0, 4).meanings.find("odd"), std::string::npos);

  // All of it, of two choices that have every letter but those two.
  const auto whole = [&](const ZeroOptions& options, int rank) {
    const Formulas all = formulas(shards, options, 1, rank, 4);
    std::string lines;
    for (const auto& [name, letters, numbers] : all.rows) lines += name + ": " + letters + " = " + numbers + "\n";
    return lines + all.meanings;
  };
  EXPECT_EQ(whole({1, 1, 4}, 1),
            "weights: w · n = 4 · 235\ngradients: w · (n + S) = 4 · (235 + 78)\nstate: 4 · k · S = 4 · 1 · 78\nexchange: w · (p - 1) · part = 4 · (3 - 1) · 51\n"
            "sent in a step: w · (b · (n - S) + (p - 1) · S) = 4 · (1 · (235 - 78) + (3 - 1) · 78)\n"
            "w: bytes of a weight, of a gradient, of a number that is sent, n: parameters, S: the rank's shard, k: vectors of state, p: ranks, part: the rank's largest part of a unit, "
            "b: the rank's micro-batches");
  ZeroOptions two{3, 1, 4, false, true, {5, 5, 6}};
  two.recompute = 2;
  EXPECT_EQ(whole(two, 0),
            "weights: w · (S + U) = 4 · (78 + 154)\ngradients: w · (S + U) = 4 · (78 + 154)\nstate: 4 · k · S = 4 · 1 · 78\n"
            "exchange: w · longest · ((here + 1) · owners + nodes) = 4 · 52 · ((2 + 1) · 2 + 2)\n"
            "sent in a step: w · (b · (n - S) + (p - 1) · r · (2 · S - first + again)) = 4 · (2 · (235 - 78) + (3 - 1) · 2 · (2 · 78 - 51 + 51))\n"
            "w: bytes of a weight, of a gradient, of a number that is sent, n: parameters, S: the rank's shard, U: the largest unit, k: vectors of state, p: ranks, here: ranks of its node, "
            "nodes: nodes, owners: owners for whom it stands there, longest: the longest part of any rank, b: the rank's micro-batches, r: rounds, "
            "first: its part of the first unit, if that is one layer, again: its parts of units that are gathered once more, to compute again");
}

TEST(LiveMemory, IsThatOfTheNativeFormulas) {
  if (const std::string why = why_no_figure(); !why.empty()) GTEST_SKIP() << "skipped: " << why;
  struct Setting {
    Shards shards;
    ZeroOptions options;
    int state, rank;
    size_t bytes;
  };
  std::vector<Setting> settings;
  std::vector<std::string> lines;
  for (int level = 0; level <= 3; ++level)
    for (int ranks : {1, 2, 3, 5, 8, 16})
      for (const std::string optimizer : {"sgd", "momentum", "adam"})
        for (int layers : {1, 8})
          for (int unit : {1, 500000}) {
            const int k = int(settings.size()), width = k % 2 ? 64 : 512, micro_batches = 1 + k * 5 % 32, bits = k % 3 ? 32 : 16;
            const bool prefetch = k % 5 == 1;
            std::vector<int> sizes(size_t(layers) + 2, width);
            sizes.front() = 784;
            sizes.back() = 10;
            OptimizerOptions rule;
            rule.name = optimizer;
            settings.push_back({{make_units(make_layout(sizes), size_t(unit)), ranks}, {level, unit, micro_batches, prefetch}, state_vectors(rule), k % ranks, size_t(bits / 8)});
            std::ostringstream line;
            line << "level " << level << "; ranks " << ranks << "; optimizer " << optimizer << "; layers " << layers << "; width " << width
                 << "; unit " << unit << "; micro_batches " << micro_batches << "; bits " << bits << "; prefetch " << (prefetch ? "yes" : "no")
                 << "; rank " << k % ranks;
            lines.push_back(line.str());
          }
  ASSERT_GE(lines.size(), 200u);
  const auto bytes = [](const Footprint& f) { return std::vector<size_t>{f.parameters, f.gradients, f.optimizer, f.exchange, f.sent}; };
  const std::vector<LiveAnswer> answers = live_answers(figure, lines);
  for (size_t k = 0; k < lines.size(); ++k) {
    SCOPED_TRACE(lines[k] + answers[k].text("error"));
    const LiveAnswer& live = answers[k];
    auto& [shards, options, state, shown, two_or_four] = settings[k];
    ASSERT_EQ(live.number("parameters"), shards.count());
    ASSERT_EQ(live.number("shown"), shown);
    ASSERT_EQ(live.number("marked"), options.level + 1) << "below the heads of the columns";
    const std::vector<std::string> x = drawn(live, "bar", "x"), width = drawn(live, "bar", "width");
    ASSERT_EQ(x.size(), 4 * size_t(shards.ranks));
    // The bars of all ranks have one scale: where the first is, all are.
    double scale = 0;
    for (int rank = 0; rank < shards.ranks; ++rank) {
      const std::vector<size_t> expected = bytes(predict(shards, options, state, rank, two_or_four));
      double end = 64;
      for (size_t i = 0; i < expected.size(); ++i) {
        ASSERT_EQ(live.number("ranks." + std::to_string(rank) + "." + std::to_string(i)), expected[i]);
        if (i == 4) continue;
        const size_t bar = 4 * size_t(rank) + i;
        const double length = std::strtod(width[bar].c_str(), nullptr);
        ASSERT_NEAR(std::strtod(x[bar].c_str(), nullptr), end, 0.002) << "bars stand one after another";
        if (scale == 0) scale = length / double(expected[i]);
        ASSERT_NEAR(length, scale * double(expected[i]), 0.01);
        end += length;
      }
      if (rank != shown) continue;
      const std::string keeps = printed("%.2f\u00a0MB", double(expected[0] + expected[1] + expected[2] + expected[3]) / 1e6), sends = printed("%.2f\u00a0MB", double(expected[4]) / 1e6);
      const std::string says = " level " + std::to_string(options.level) + ": rank " + std::to_string(rank) + " keeps " + keeps + " and sends " + sends + " in a step.";
      ASSERT_NE(live.text("says").find(says), std::string::npos) << live.text("says") << says;
      for (size_t i = 0; i < expected.size(); ++i) {
        const std::string numbers = live.text("formulas." + std::to_string(i) + ".numbers");
        expect_value(numbers, double(expected[i]));
      }
    }
    ASSERT_FALSE(live.has("ranks." + std::to_string(shards.ranks) + ".0"));
    for (options.level = 0; options.level <= 3; ++options.level) {
      std::vector<size_t> most(5, 0);
      for (int rank = 0; rank < shards.ranks; ++rank) {
        const std::vector<size_t> of_rank = bytes(predict(shards, options, state, rank, two_or_four));
        for (size_t i = 0; i < most.size(); ++i) most[i] = std::max(most[i], of_rank[i]);
      }
      const std::string row = "table." + std::to_string(options.level + 1) + ".";
      ASSERT_EQ(live.text(row + "0"), "level " + std::to_string(options.level));
      ASSERT_EQ(live.text(row + "5"), mega(double(most[0] + most[1] + most[2] + most[3])));
      for (size_t i = 0; i < most.size(); ++i) {
        ASSERT_EQ(live.number("levels." + std::to_string(options.level) + "." + std::to_string(i)), most[i]);
        ASSERT_EQ(live.text(row + std::to_string(i < 4 ? i + 1 : 6)), mega(double(most[i])));
      }
    }
  }
}

// Somebody has just set fewer ranks than the rank that is shown: then the last one is.
TEST(LiveMemory, ShowsTheLastRankWhereTheOneThatIsAskedForIsGone) {
  if (const std::string why = why_no_figure(); !why.empty()) GTEST_SKIP() << "skipped: " << why;
  const auto answers = live_answers(figure, {"ranks 3; rank 3", "ranks 3; rank 2", "ranks 1; rank 3", "ranks 1; rank 0"});
  EXPECT_EQ(answers[0].values, answers[1].values);
  EXPECT_EQ(answers[2].values, answers[3].values);
  EXPECT_EQ(answers[0].number("shown"), 2);
}

TEST(LiveMemory, RefusesWithTheSameWords) {
  if (const std::string why = why_no_figure(); !why.empty()) GTEST_SKIP() << "skipped: " << why;
  std::string words;
  try {
    OptimizerOptions rule;
    rule.name = "lion";
    state_vectors(rule);
  } catch (const Error& error) { words = error.what(); }
  EXPECT_EQ(live_answers(figure, {"optimizer lion"})[0].text("error"), words);
}

TEST(LiveMemory, ThePictureInTheTextIsTheFirstState) {
  if (const std::string why = why_no_figure(); !why.empty()) GTEST_SKIP() << "skipped: " << why;
  expect_same_picture(figure);
}

}  // namespace
