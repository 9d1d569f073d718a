// The live figure of chapter 08 shows what the native program computes: every number and every bar.
// ranks: 1
#include "chapters/08_layer_splitting/check.h"
#include "common/error.h"
#include "tests/live_figure.h"

namespace {

struct Setting {
  std::string schedule;
  int stages, chunks, micro_batches;
  double backward;
  int moment;  // percent
  std::string line() const {
    std::ostringstream text;
    text << "schedule " << schedule << "; stages " << stages << "; chunks " << chunks << "; micro_batches " << micro_batches << "; backward "
         << backward << "; moment " << moment;
    return text.str();
  }
  Schedule make(const std::string& name) const { return make_schedule(name, stages, name == "interleaved" ? chunks : 1, micro_batches); }
  Proof proof(const std::string& name) const {
    const Schedule schedule = make(name);
    const double parts = double(schedule.chunks()) / stages;
    return check(schedule, {std::vector(size_t(schedule.chunks()), 1 / parts), std::vector(size_t(schedule.chunks()), backward / parts)});
  }
};

// With two digits behind the point at most.
std::string short_number(double number) {
  std::string text = printed("%.2f", number);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::vector<Setting> all_settings() {
  std::vector<Setting> all;
  for (const std::string& name : schedule_names)
    for (int stages : {1, 2, 3, 4, 5, 8})
      for (int chunks : {1, 3})
        for (int micro_batches : {1, 3, 4, 8, 13})
          all.push_back({name, stages, chunks, micro_batches, 1 + 0.5 * double(all.size() % 5), int(all.size() * 7 % 101)});
  return all;
}

TEST(LiveSchedules, AreThoseOfTheNativeProgram) {
  if (const std::string why = why_no_figure(); !why.empty()) GTEST_SKIP() << "skipped: " << why;
  const std::vector<Setting> settings = all_settings();
  ASSERT_GE(settings.size(), 200u);
  std::vector<std::string> lines;
  for (const Setting& setting : settings) lines.push_back(setting.line());
  const std::vector<LiveAnswer> answers = live_answers("08_layer_splitting", lines);
  for (size_t i = 0; i < settings.size(); ++i) {
    const Setting& setting = settings[i];
    const LiveAnswer& live = answers[i];
    SCOPED_TRACE(setting.line() + live.text("error"));
    const Proof proof = setting.proof(setting.schedule);
    ASSERT_EQ(live.number("idle"), proof.idle);
    ASSERT_EQ(live.number("length"), proof.length);
    const double moment = setting.moment / 100.0 * proof.length;
    ASSERT_EQ(live.number("moment"), moment);

    const std::vector<std::string> x = drawn(live, "bar", "x"), width = drawn(live, "bar", "width"), colour = drawn(live, "bar", "stroke"),
                                   inside = drawn(live, "bar", "fill");
    size_t bar = 0;
    const double left = 64, space = 760 - 64 - 96;  // of the drawing; its numbers have three decimals
    for (size_t stage = 0; stage < proof.times.size(); ++stage) {
      const std::string lane = "stages." + std::to_string(stage);
      int kept = 0;
      std::string doing = "idle";
      for (size_t k = 0; k < proof.times[stage].size(); ++k, ++bar) {
        const auto& [step, begin, end] = proof.times[stage][k];
        const std::string place = lane + "." + std::to_string(k) + ".";
        const bool forward = step.pass == Pass::forward;
        ASSERT_EQ(live.number(place + "0"), forward ? 0 : step.pass == Pass::backward ? 1 : 2);
        ASSERT_EQ(live.number(place + "1"), step.chunk);
        ASSERT_EQ(live.number(place + "2"), step.micro_batch);
        ASSERT_EQ(live.number(place + "3"), begin);
        ASSERT_EQ(live.number(place + "4"), end);
        ASSERT_LT(bar, x.size());
        ASSERT_NEAR(std::strtod(x[bar].c_str(), nullptr), left + begin / proof.length * space + 0.5, 0.001);
        ASSERT_NEAR(std::strtod(width[bar].c_str(), nullptr), (end - begin) / proof.length * space - 1, 0.001);
        const std::string of_pass = forward ? "var(--blue)" : step.pass == Pass::backward ? "var(--orange)" : "var(--green)";
        ASSERT_EQ(colour[bar], of_pass);
        ASSERT_EQ(inside[bar], step.chunk < setting.stages ? of_pass : "var(--paper)");  // later chunks have an edge alone
        if (begin <= moment && moment < end) doing = text_of(step);
        // A slot is in use from the beginning of the forward pass to the end of the last one.
        if (forward && begin <= moment) ++kept;
        if (step.pass == (setting.schedule == "zb-h1" ? Pass::weights : Pass::backward) && end <= moment) --kept;
      }
      ASSERT_FALSE(live.has(lane + "." + std::to_string(proof.times[stage].size()) + ".0"));
      ASSERT_EQ(live.number("kept." + std::to_string(stage)), kept);
      ASSERT_EQ(live.number("most." + std::to_string(stage)), proof.kept[stage]);
      ASSERT_EQ(live.text("doing." + std::to_string(stage)), doing);
    }
    ASSERT_EQ(bar, x.size());
    std::string says = setting.schedule + ": idle " + percent(proof.idle) + ", the step takes " + short_number(proof.length) + " forward passes. At the dashed line: ";
    for (size_t stage = 0; stage < proof.times.size(); ++stage) {
      const std::string place = "." + std::to_string(stage);
      says += (stage ? "; stage " : "stage ") + std::to_string(stage) + ": " + live.text("doing" + place) + ", keeps " + live.text("kept" + place);
    }
    ASSERT_EQ(live.text("says"), says + ".");

    for (size_t k = 0; k < schedule_names.size(); ++k) {
      const std::string kind = "kinds." + std::to_string(k) + ".", &name = schedule_names[k];
      const Proof of_kind = setting.proof(name);
      ASSERT_EQ(live.text(kind + "name"), name);
      ASSERT_EQ(live.number(kind + "idle"), of_kind.idle);
      ASSERT_EQ(live.number(kind + "length"), of_kind.length);
      ASSERT_EQ(live.number(kind + "formula"), idle_formula(name, setting.stages, name == "interleaved" ? setting.chunks : 1, setting.micro_batches));
      const int most = *std::max_element(of_kind.kept.begin(), of_kind.kept.end());
      ASSERT_EQ(live.number(kind + "most"), most);
      const std::string row = "table." + std::to_string(k + 1) + ".";
      ASSERT_EQ(live.number("marked") == double(k + 1), name == setting.schedule);
      const std::string cells[] = {name, percent(of_kind.idle), percent(live.number(kind + "formula")), short_number(of_kind.length), std::to_string(most)};
      for (size_t i = 0; i < std::size(cells); ++i) ASSERT_EQ(live.text(row + std::to_string(i)), cells[i]);
    }
  }
}

// All others are faint; what the colours are stands below, in the order in which they are drawn.
TEST(LiveSchedules, ShowOneMicroBatchAndTheirColours) {
  if (const std::string why = why_no_figure(); !why.empty()) GTEST_SKIP() << "skipped: " << why;
  const auto answers = live_answers("08_layer_splitting", {"schedule zb-h1; stages 3; micro_batches 5; follow 2", "schedule gpipe; stages 3; micro_batches 5"});
  const auto count = [&](size_t answer, const std::string& text) {
    int found = 0;
    const std::string& svg = answers[answer].text("svg");
    for (size_t at = 0; (at = svg.find(text, at)) != std::string::npos; ++at) ++found;
    return found;
  };
  for (int m = 0; m < 5; ++m) {
    const std::string group = "data-set=\"follow " + std::to_string(m) + "\"";
    EXPECT_EQ(count(0, group), 3 * 3) << m;  // three stages, three passes
    EXPECT_EQ(count(0, group + " opacity=\"0.25\">"), m == 2 ? 0 : 3 * 3) << m;
    EXPECT_EQ(count(1, group + " opacity"), 0) << m;
  }
  const auto key = [&](size_t answer) {
    std::string all;
    const std::string& svg = answers[answer].text("svg");
    for (size_t at = svg.rfind("</g>"); (at = svg.find("height=\"13\" fill=\"", at)) != std::string::npos; ++at) {
      const size_t colour = svg.find("var(", at), text = svg.find('>', svg.find("<text", at)) + 1;
      all += svg.substr(colour, svg.find('"', colour) - colour) + " " + svg.substr(text, svg.find('<', text) - text) + "; ";
    }
    return all;
  };
  EXPECT_EQ(key(0), "var(--blue) forward; var(--orange) backward: dx; var(--green) dw; var(--shade) idle; ");
  EXPECT_EQ(key(1), "var(--blue) forward; var(--orange) backward; var(--shade) idle; ");
}

// Of two stages with two chunks each, b is the second one; and what a bar is it says itself.
TEST(LiveSchedules, NameTheBars) {
  if (const std::string why = why_no_figure(); !why.empty()) GTEST_SKIP() << "skipped: " << why;
  const auto answers = live_answers("08_layer_splitting", {"schedule interleaved; stages 2; micro_batches 2", "schedule zb-h1; stages 2; micro_batches 2"});
  const auto has = [&](size_t answer, const std::string& text) { return answers[answer].text("svg").find(text) != std::string::npos; };
  for (const std::string m : {"0", "1"})
    for (const int chunk : {0, 1, 2, 3})
      for (const std::string pass : {"forward", "backward"}) {
        const std::string& svg = answers[0].text("svg");
        const size_t title = svg.find("<title>" + pass + " of chunk " + std::to_string(chunk) + ", micro-batch " + m + "</title>");
        ASSERT_NE(title, std::string::npos) << pass << chunk << m;
        const size_t text = svg.find('>', svg.find("<text", title)) + 1;
        EXPECT_EQ(svg.substr(text, svg.find('<', text) - text), chunk < 2 ? m : m + "b");
      }
  EXPECT_TRUE(has(1, "<title>weights of chunk 1, micro-batch 0</title>") && has(1, "<title>backward of chunk 1, micro-batch 0</title>"));
}

TEST(LiveSchedules, RefuseWithTheSameWords) {
  if (const std::string why = why_no_figure(); !why.empty()) GTEST_SKIP() << "skipped: " << why;
  const auto answers = live_answers("08_layer_splitting", {"stages 0", "schedule unknown", "stages 2", "stages 4"});
  const auto words = [](auto... how) -> std::string {
    try {
      make_schedule(how...);
    } catch (const Error& error) { return error.what(); }
    return "";
  };
  EXPECT_EQ(answers[0].text("error"), words("1f1b", 0, 1, 8));
  EXPECT_EQ(answers[1].text("error"), words("unknown", 4, 1, 8));
  EXPECT_FALSE(answers[2].has("error") || answers[3].has("error"));
  for (size_t i : {0, 1, 2, 3}) EXPECT_EQ(answers[i].number("instances"), i < 3 ? i + 1 : 3) << "a call after an error takes a fresh instance, any other one does not";
}

TEST(LiveSchedules, ThePictureInTheTextIsTheFirstState) {
  if (const std::string why = why_no_figure(); !why.empty()) GTEST_SKIP() << "skipped: " << why;
  expect_same_picture("08_layer_splitting");
}

}  // namespace
