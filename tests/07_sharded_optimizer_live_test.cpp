// The live figure of chapter 07 shows what the native formulas say, and its formulas with numbers put in have these values.
// ranks: 1
#include <cctype>

#include "chapters/07_sharded_optimizer/footprint.h"
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

TEST(LiveMemory, IsThatOfTheNativeFormulas) {
  if (const std::string why = why_no_figure(); !why.empty()) GTEST_SKIP() << "skipped: " << why;
  struct Setting {
    Shards shards;
    ZeroOptions options;
    int state, rank;
  };
  std::vector<Setting> settings;
  std::vector<std::string> lines;
  for (int level = 0; level <= 3; ++level)
    for (int ranks : {1, 2, 3, 5, 8, 16})
      for (const std::string optimizer : {"sgd", "momentum", "adam"})
        for (int layers : {1, 8})
          for (int unit : {1, 500000}) {
            const int k = int(settings.size()), width = k % 2 ? 64 : 512, micro_batches = 1 + k * 5 % 32;
            std::vector<int> sizes(size_t(layers) + 2, width);
            sizes.front() = 784;
            sizes.back() = 10;
            OptimizerOptions rule;
            rule.name = optimizer;
            settings.push_back({{make_units(make_layout(sizes), size_t(unit)), ranks}, {level, unit, micro_batches}, state_vectors(rule), k % ranks});
            std::ostringstream line;
            line << "level " << level << "; ranks " << ranks << "; optimizer " << optimizer << "; layers " << layers << "; width " << width
                 << "; unit " << unit << "; micro_batches " << micro_batches << "; rank " << k % ranks;
            lines.push_back(line.str());
          }
  ASSERT_GE(lines.size(), 200u);
  const auto bytes = [](const Footprint& f) { return std::vector<size_t>{f.parameters, f.gradients, f.optimizer, f.exchange, f.sent}; };
  const std::vector<LiveAnswer> answers = live_answers(figure, lines);
  for (size_t k = 0; k < lines.size(); ++k) {
    SCOPED_TRACE(lines[k] + answers[k].text("error"));
    const LiveAnswer& live = answers[k];
    auto& [shards, options, state, shown] = settings[k];
    ASSERT_EQ(live.number("parameters"), shards.count());
    ASSERT_EQ(live.number("shown"), shown);
    const std::vector<std::string> x = drawn(live, "bar", "x"), width = drawn(live, "bar", "width");
    ASSERT_EQ(x.size(), 4 * size_t(shards.ranks));
    // The bars of all ranks have one scale: where the first is, all are.
    double scale = 0;
    for (int rank = 0; rank < shards.ranks; ++rank) {
      const std::vector<size_t> expected = bytes(predict(shards, options, state, rank));
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
      const std::string keeps = printed("%.2f MB", double(expected[0] + expected[1] + expected[2] + expected[3]) / 1e6), sends = printed("%.2f MB", double(expected[4]) / 1e6);
      const std::string says = " level " + std::to_string(options.level) + ": rank " + std::to_string(rank) + " keeps " + keeps + " and sends " + sends + " in a step.";
      ASSERT_NE(live.text("says").find(says), std::string::npos) << live.text("says") << says;
      for (size_t i = 0; i < expected.size(); ++i) {
        const std::string numbers = live.text("formulas." + std::to_string(i) + ".numbers");
        Value value(numbers);
        ASSERT_EQ(4 * value.sum(), expected[i]) << numbers;
        ASSERT_TRUE(value.ended()) << numbers;
      }
    }
    ASSERT_FALSE(live.has("ranks." + std::to_string(shards.ranks) + ".0"));
    for (options.level = 0; options.level <= 3; ++options.level) {
      std::vector<size_t> most(5, 0);
      for (int rank = 0; rank < shards.ranks; ++rank) {
        const std::vector<size_t> of_rank = bytes(predict(shards, options, state, rank));
        for (size_t i = 0; i < most.size(); ++i) most[i] = std::max(most[i], of_rank[i]);
      }
      const std::string row = "table." + std::to_string(options.level + 1) + ".";
      ASSERT_EQ(live.text(row + "0"), std::to_string(options.level));
      ASSERT_EQ(live.text(row + "5"), printed("%.2f", double(most[0] + most[1] + most[2] + most[3]) / 1e6));
      for (size_t i = 0; i < most.size(); ++i) {
        ASSERT_EQ(live.number("levels." + std::to_string(options.level) + "." + std::to_string(i)), most[i]);
        ASSERT_EQ(live.text(row + std::to_string(i < 4 ? i + 1 : 6)), printed("%.2f", double(most[i]) / 1e6));
      }
    }
  }
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
