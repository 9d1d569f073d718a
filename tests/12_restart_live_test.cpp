// The live figure of chapter 12 shows what the native simulation and the native formula say: every number, every bar, every point. The
// page has musl's log1p, exp and expm1: a last place may differ from glibc's.
#include <cmath>
#include <set>

#include "chapters/12_restart/interval.h"
#include "tests/live_figure.h"

namespace {

const std::string figure = "12_restart";
constexpr int runs = 200, intervals = 100;

struct Setting {
  int nodes, checkpoint, restart, seed, place;
  Failures failures() const { return {3600.0 * 6336 / nodes, double(checkpoint), double(restart)}; }
  // The slider's fourth place is twice as long as the first.
  double interval() const { return std::round(50 * std::pow(2, std::min(place, last()) / 4.0)); }
  int last() const {
    int last = 0;
    while (50 * std::pow(2, (last + 1) / 4.0) <= 2 * failures().between) ++last;
    return last;
  }
  std::string line() const {
    std::ostringstream text;
    text << "nodes " << nodes << "; checkpoint " << checkpoint << "; restart " << restart << "; seed " << seed << "; place " << place;
    return text.str();
  }
};

std::vector<Setting> all_settings() {
  std::vector<Setting> all;
  for (int nodes : {64, 256, 1024, 2048, 4096, 16384})
    for (int checkpoint : {5, 30, 300})
      for (int restart : {60, 600, 1800})
        for (int place : {0, 9, 16, 44}) all.push_back({nodes, checkpoint, restart, 1 + int(all.size() * 7 % 20), place});
  return all;
}

void expect_near(double live, double native, double bound, const char* what) { ASSERT_NEAR(live / native, 1, bound) << what << ' ' << native; }

void expect_row(const LiveAnswer& live, const std::string& place, const Setting& s, double interval) {
  const Failures f = s.failures();
  const Estimate simulated = simulated_share(f, interval, intervals, runs, s.seed);
  expect_near(live.number(place + ".interval"), interval, 1e-12, "interval");
  expect_near(live.number(place + ".formula"), useful_share(f, interval), 1e-12, "formula");
  expect_near(live.number(place + ".mean"), simulated.mean, 1e-12, "mean");
  expect_near(live.number(place + ".half"), simulated.half, 1e-9, "half: a difference of squares");
}

struct Bar {
  double kind, begin, end, how;
};
std::vector<Bar> bars(const LiveAnswer& live) {
  std::vector<Bar> all;
  for (std::string place; live.has((place = "bars." + std::to_string(all.size()) + ".") + "0");)
    all.push_back({live.number(place + "0"), live.number(place + "1"), live.number(place + "2"), live.number(place + "3")});
  return all;
}

// The run that is drawn, found by asking for its first interval, its first two, ...: when each is done.
std::vector<double> done_at(const Setting& s, double seconds) {
  const double t = s.interval(), all = t + s.checkpoint;
  std::vector<double> done;
  for (int k = 1; k <= int(seconds / all) + 1; ++k) done.push_back(simulated_seconds(s.failures(), t, k, uint64_t(s.seed * runs)));
  return done;
}

void expect_bars(const LiveAnswer& live, const Setting& s) {
  const double seconds = live.number("seconds"), t = s.interval(), all = t + s.checkpoint;
  const std::vector<Bar> drawn_run = bars(live);
  double at = 0, parts[3] = {};
  const Bar* before = nullptr;
  for (const Bar& bar : drawn_run) {
    ASSERT_EQ(bar.begin, at);
    ASSERT_GT(bar.end, at);
    ASSERT_LE(bar.end, seconds);
    at = bar.end;
    const double length = bar.end - bar.begin;
    parts[int(bar.kind)] += length / seconds;
    const bool cut = bar.end == seconds, after_failure = before && before->kind > 0 && before->how == 1;
    ASSERT_EQ(bar.kind == 2, after_failure) << "after a failure comes a restart";
    if (bar.kind == 0) {
      ASSERT_FALSE(before && before->kind == 0);
      if (!cut) { ASSERT_NEAR(length, bar.how * all, 1e-6); }
      if (cut) { ASSERT_EQ(bar.how, std::ceil(length / all - 1e-9)); }
    } else {
      const double whole = bar.kind == 1 ? all : s.restart;
      ASSERT_LE(length, whole * (1 + 1e-12));
      ASSERT_EQ(bar.how, cut || length > whole * (1 - 1e-12) ? 0 : 1) << "a failure ends it";
    }
    before = &bar;
  }
  ASSERT_EQ(at, seconds);
  for (size_t i = 0; i < 3; ++i) ASSERT_NEAR(live.number("parts." + std::to_string(i)), parts[i], 1e-9);
  if (seconds / all > 500) return;
  size_t done = 0;
  const std::vector<double> ends = done_at(s, seconds);
  for (const Bar& bar : drawn_run)
    for (int k = 0; bar.kind == 0 && k < bar.how; ++k, ++done) ASSERT_NEAR(bar.begin + (k + 1) * all, ends.at(done), 1e-9 * seconds);
  ASSERT_TRUE(done == ends.size() || ends[done] > seconds * (1 - 1e-9)) << "none is left out";
}

// The drawing of 760 units: four rows of 670, the first at 30, 42 apart; the pieces of a bar follow each other.
void expect_drawing(const LiveAnswer& live, const Setting& s) {
  const double seconds = live.number("seconds"), of_row = seconds / 4, all = s.interval() + s.checkpoint;
  const auto numbers = [&](const char* kind, const char* name) {
    std::vector<double> found;
    for (const std::string& text : drawn(live, kind, name)) found.push_back(std::strtod(text.c_str(), nullptr));
    return found;
  };
  const std::vector<double> x = numbers("bar", "x"), y = numbers("bar", "y"), width = numbers("bar", "width");
  const std::vector<std::string> fill = drawn(live, "bar", "fill");
  const std::vector<std::string> marks = drawn(live, "failure", "d");
  size_t piece = 0, fallen = 0, ticks = 0;
  const bool thin = all / of_row * 670 < 4;
  for (const Bar& bar : bars(live)) {
    double length = 0;
    for (int row = int(bar.begin / of_row); row < 4 && row * of_row < bar.end; ++row, ++piece) {
      ASSERT_LT(piece, x.size());
      ASSERT_NEAR(x[piece], 76 + std::max(bar.begin / of_row - row, 0.0) * 670, 0.001);
      ASSERT_NEAR(y[piece], 44 + 42 * row, 1e-9);
      ASSERT_EQ(fill[piece], bar.kind == 0 ? "var(--blue)" : bar.kind == 1 ? "var(--orange)" : "var(--violet)");
      length += width[piece];
    }
    ASSERT_NEAR(length, (bar.end - bar.begin) / of_row * 670, 0.02);
    if (bar.kind > 0 && bar.how == 1) {
      const int row = std::min(int(bar.end / of_row), 3);
      double mark_x = 0, mark_y = 0;
      ASSERT_LT(fallen, marks.size());
      ASSERT_EQ(std::sscanf(marks[fallen++].c_str(), "M%lf,%lf", &mark_x, &mark_y), 2);
      ASSERT_NEAR(mark_x, 76 + (bar.end / of_row - row) * 670, 0.006);
      ASSERT_NEAR(mark_y, 43 + 42 * row, 0.006);
    }
    if (bar.kind == 0) ticks += size_t((bar.end - bar.begin) / all + 1e-9);
  }
  ASSERT_EQ(piece, x.size());
  ASSERT_EQ(marks.size(), fallen);
  const std::vector<double> saving = numbers("saving", "width"), saving_x = numbers("saving", "x"), saving_y = numbers("saving", "y");
  std::set<long> ends;  // of checkpoints, in tenths on one long row
  for (size_t i = 0; i < saving.size(); ++i) ends.insert(std::lround(10 * (saving_x[i] + saving[i] - 76 + 670 * std::round((saving_y[i] - 44) / 42))));
  double sum = 0;
  for (double one : saving) sum += one;
  if (thin) {
    ASSERT_NEAR(sum, live.number("parts.0") * 4 * 670, 0.2) << "under all the work";
    ASSERT_NEAR(numbers("saving", "height")[0], 20 * s.checkpoint / all, 0.001);
  } else {
    for (const Bar& bar : bars(live))
      for (double k = 1; bar.kind == 0 && bar.begin + k * all <= bar.end * (1 + 1e-12); ++k) {
        const long end = std::lround((bar.begin + k * all) / of_row * 6700);
        ASSERT_TRUE(ends.contains(end) || ends.contains(end - 1) || ends.contains(end + 1)) << "a checkpoint ends there";
      }
    ASSERT_GE(saving.size(), ticks);      // one at the end of a row goes on in the next
    ASSERT_LE(saving.size(), ticks + 3);
    ASSERT_NEAR(sum, double(ticks) * std::max(s.checkpoint / of_row * 670, 1.5), 0.01 * double(ticks) + 0.01);
  }

  const auto x_of = [&](double t) { return 76 + (std::log2(t / live.number("best")) + 4) / 8 * 670; };
  const std::vector<double> middle = numbers("point", "cx"), height = numbers("point", "cy"), top = numbers("half", "y1"), bottom = numbers("half", "y2");
  std::istringstream curve(drawn(live, "curve", "points").at(0));
  double base = 0;  // of the axis: where the share would be 0
  for (int i = -32; i <= 32; ++i) {
    double cx = 0, cy = 0;
    char comma = 0;
    curve >> cx >> comma >> cy;
    const double t = live.number("curve." + std::to_string(i + 32) + ".0"), share = live.number("curve." + std::to_string(i + 32) + ".1");
    expect_near(t, best_interval(s.failures()) * std::pow(2, i / 8.0), 1e-12, "interval");
    ASSERT_NEAR(share, useful_share(s.failures(), t), 1e-12);
    ASSERT_NEAR(cx, x_of(t), 0.01);
    if (i == -32) base = cy + 150 * share;
    ASSERT_NEAR(cy, base - 150 * share, 0.02);
  }
  std::vector<std::string> rows;
  for (const std::string list : {"rows.", "more."})
    for (std::string row; live.has((row = list + std::to_string(rows.size() - (list == "more." ? 6 : 0)) + ".") + "mean");) rows.push_back(row);
  size_t point = 0;
  for (const std::string& row : rows) {
    const double at = x_of(live.number(row + "interval")), mean = live.number(row + "mean"), half = live.number(row + "half");
    if (at < 76 || at > 746) continue;
    ASSERT_LT(point, middle.size());
    ASSERT_NEAR(middle[point], at, 0.01);
    ASSERT_NEAR(height[point], base - 150 * mean, 0.02);
    ASSERT_NEAR(bottom[point] - top[point], 300 * half, 0.02);
    ++point;
  }
  ASSERT_EQ(point, middle.size());
  ASSERT_FALSE(live.has("curve.65.0"));
  const double chosen = x_of(s.interval());
  const std::vector<double> dashed = numbers("chosen", "x1");
  ASSERT_EQ(dashed.size(), chosen >= 76 && chosen <= 746 ? 1u : 0u);
  if (!dashed.empty()) { ASSERT_NEAR(dashed[0], chosen, 0.01); }
}

// What is said and the table: the same numbers, rounded. Between a number and what it counts is a space at which no line ends.
void expect_words(const LiveAnswer& live, const Setting& s) {
  const auto share = [&](const std::string& place) { return percent(live.number(place)); };
  const auto simulated = [&](const std::string& row) { return printed("%.1f\u00a0±\u00a0%.1f\u00a0%%", 100 * live.number(row + "mean"), 100 * live.number(row + "half")); };
  const auto time = [](double t) {
    return t < 60 ? printed("%.3g\u00a0s", t) : t < 3600 ? printed("%.3g\u00a0min", t / 60) : printed("%.3g\u00a0h", t / 3600);
  };
  const std::string all = printed("%d nodes: a failure every %s on average. With a checkpoint after each %s, %s of the time is useful by formula, %s simulated. "
                                  "In the run that is drawn %zu failures threw away ", s.nodes, time(s.failures().between).c_str(), time(s.interval()).c_str(),
                                  share("rows.0.formula").c_str(), simulated("rows.0.").c_str(), drawn(live, "failure", "d").size());
  ASSERT_EQ(live.text("says"), all + share("parts.1") + " of the time, and " + share("parts.2") + " went into restarts.");
  for (int row = 0; row < 6; ++row) {
    const std::string place = "rows." + std::to_string(row) + ".", cell = "table." + std::to_string(row + 1) + ".";
    ASSERT_EQ(live.text(cell + "0"), live.text(place + "name"));
    ASSERT_EQ(live.text(cell + "1"), time(live.number(place + "interval")));
    ASSERT_EQ(live.text(cell + "2"), share(place + "formula"));
    ASSERT_EQ(live.text(cell + "3"), simulated(place));
  }
}

TEST(LiveGoodput, IsThatOfTheNativeSimulation) {
  if (const std::string why = why_no_figure(); !why.empty()) GTEST_SKIP() << "skipped: " << why;
  const std::vector<Setting> settings = all_settings();
  ASSERT_GE(settings.size(), 200u);
  std::vector<std::string> lines;
  for (const Setting& s : settings) lines.push_back(s.line());
  const std::vector<LiveAnswer> answers = live_answers(figure, lines);
  for (size_t i = 0; i < settings.size(); ++i) {
    const Setting& s = settings[i];
    const LiveAnswer& live = answers[i];
    SCOPED_TRACE(lines[i] + live.text("error"));
    const Failures f = s.failures();
    ASSERT_EQ(live.number("between"), f.between);
    ASSERT_EQ(live.number("seconds"), 8 * f.between);
    ASSERT_EQ(live.number("last"), s.last());
    ASSERT_EQ(live.number("interval"), s.interval());
    expect_near(live.number("best"), best_interval(f), 1e-12, "best");
    expect_row(live, "rows.0", s, s.interval());
    const auto named = named_intervals(f);
    for (size_t k = 0; k < named.size(); ++k) {
      ASSERT_EQ(live.text("rows." + std::to_string(k + 1) + ".name"), named[k].first);
      expect_row(live, "rows." + std::to_string(k + 1), s, named[k].second);
    }
    size_t more = 0;
    for (double times : {1 / 16.0, 1 / 8.0, 0.5, 2.0, 8.0})
      if (times * best_interval(f) < 2 * f.between) expect_row(live, "more." + std::to_string(more++), s, times * best_interval(f));
    ASSERT_FALSE(live.has("more." + std::to_string(more) + ".mean"));
    expect_bars(live, s);
    expect_drawing(live, s);
    expect_words(live, s);
    if (HasFatalFailure()) return;
  }
}

// The command under the figure prints the table beside it.
TEST(LiveGoodput, IsWhatItsCommandPrints) {
  if (const std::string why = why_no_figure(); !why.empty()) GTEST_SKIP() << "skipped: " << why;
  const std::vector<std::string> lines = {"seed 1", "nodes 16384; checkpoint 5; restart 1800; seed 9; place 7", "nodes 64; checkpoint 300; restart 60; seed 20; place 44"};
  const std::vector<LiveAnswer> answers = live_answers(figure, lines);
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::string command = answers[i].text("command"), begin = "make 12-goodput RANKS=1 ARGS=\"";
    ASSERT_TRUE(command.starts_with(begin) && command.ends_with("\"")) << command;
    const ProgramRun run = run_program("env -u PMI_RANK -u PMI_SIZE -u PMI_FD " + build_folder() + "/chapters/12_restart/goodput " +
                                       command.substr(begin.size(), command.size() - begin.size() - 1));
    ASSERT_EQ(run.status, 0) << run.output;
    for (int row = 0; row < 6; ++row) {
      const std::string place = "rows." + std::to_string(row) + ".", name = row ? answers[i].text(place + "name") : "--interval";
      double seconds = 0, share = 0, mean = 0, low = 0, high = 0;
      const size_t at = run.output.find("\n" + name + " ");
      ASSERT_NE(at, std::string::npos) << name << '\n' << run.output;
      ASSERT_EQ(std::sscanf(run.output.c_str() + at + 1 + name.size(), " %lf s %lf %% %lf %% (%lf to %lf)", &seconds, &share, &mean, &low, &high), 5);
      EXPECT_NEAR(answers[i].number(place + "interval"), seconds, 0.0501);
      EXPECT_NEAR(100 * answers[i].number(place + "formula"), share, 0.000501);
      EXPECT_NEAR(100 * answers[i].number(place + "mean"), mean, 0.000501);
      EXPECT_NEAR(200 * answers[i].number(place + "half"), high - low, 0.00101);
    }
  }
}

TEST(LiveGoodput, ThePictureInTheTextIsTheFirstState) {
  if (const std::string why = why_no_figure(); !why.empty()) GTEST_SKIP() << "skipped: " << why;
  expect_same_picture(figure);
}

}  // namespace
